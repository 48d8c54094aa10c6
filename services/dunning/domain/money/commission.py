"""Commission on recovered money: what a payment earns, what a reversal takes back, what a month
comes to.
"""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from contracts.base import AMOUNT_MAX
from services.dunning.domain.localtime import local_day, monthly, months_after
from services.dunning.domain.money.clocks import ends_on, years_after
from services.dunning.domain.money.commands import NameCollector, RecordPayment
from services.dunning.domain.money.events import (
    AllocationTold,
    CommissionEarned,
    CommissionReversed,
)
from services.dunning.domain.money.state import Earned, MoneyPart, Recovered, Taken
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.recovery import CommissionRate
from services.dunning.reasons import values as r

_IN_KIND = "in_kind"
_WON = "judgment"
_NOTHING = "0"


def earn(rec: Recorder, command: RecordPayment) -> None:
    """Record what whoever collected a payment earns, judged by how the debts stand before it.

    Money counts as recovered where it settles what was past due; what is left over, or settles an
    item before its time, earns nothing.
    """
    if command.collected_by is not None and _earns(rec, command):
        parts = tuple(_recovered(rec, command, part) for part in command.parts)
        _earned(rec, command.payment_id, command.collected_by, parts, command.amount)


def unclaimed(rec: Recorder, command: RecordPayment) -> tuple[Recovered, ...]:
    """What a payment earns whoever collected it, as the debts stand, while that is not known."""
    if not command.unnamed or not _earns(rec, command):
        return ()
    parts = tuple(_recovered(rec, command, part) for part in command.parts)
    return parts if any(part.rate != _NOTHING for part in parts) else ()


def name_collector(rec: Recorder, command: NameCollector) -> None:
    """Who collected a payment is known: the commission that waits for it is theirs, and one that is
    yet to be earned will be.
    """
    waits = rec.state.unclaimed.get(command.payment_id)
    if waits is None and command.payment_id in rec.state.payments:
        return
    told = AllocationTold(payment_id=command.payment_id, collected_by=command.collected_by)
    rec.emit(told)
    if waits is not None:
        paid_on = local_day(waits.received_at, rec.zone)
        if _past_first_months(rec, command.collecting_since, paid_on):
            _earned(rec, command.payment_id, command.collected_by, waits.parts, waits.paid)


def _earned(
    rec: Recorder, payment_id: str, collector: bytes, parts: tuple[Recovered, ...], paid: int
) -> None:
    earning = [part for part in parts if part.rate != _NOTHING]
    recovered = sum(part.amount for part in earning)
    amount = _worked_out(parts, paid)
    if amount:
        rates = tuple(dict.fromkeys(part.rate for part in earning))
        reason = r.MoneyRecovered(payment_id, rec.amount(recovered), rates)
        rec.effect(
            CommissionEarned(
                collected_by=collector,
                amount=amount,
                payment_id=payment_id,
                recovered=recovered,
                rates=rates,
                on=rec.today,
                paid=paid,
                parts=parts,
            ),
            Cause(None, reason),
        )


def take_back(rec: Recorder, payment_id: str, amount: int | None) -> None:
    """What is taken back of a payment earned nothing: what was allocated last goes first."""
    earned = rec.state.commissions.get(payment_id)
    if earned is None:
        return
    paid = 0 if amount is None else max(0, earned.paid - amount)
    left = _worked_out(earned.parts, paid)
    if left >= earned.standing:
        return
    reason = r.PaymentTakenBack(payment_id, rec.amount(paid) if paid else None)
    rec.effect(
        CommissionReversed(
            collected_by=earned.collected_by,
            amount=left - earned.standing,
            payment_id=payment_id,
            on=rec.today,
            left=left,
        ),
        Cause(None, reason),
    )


def month_before(day: date) -> str:
    """The month before a day, `YYYY-MM`."""
    return f"{months_after(day.replace(day=1), -1):%Y-%m}"


def due_for_month(earned: Iterable[Earned], day: date, monthly_day: int) -> int | None:
    """What the month before a day comes to; None when nothing was earned in it that still stands.

    Less what was approved in an earlier month and taken back since the last run, never below 0, and
    no more than can be told: nobody asked for it who could be refused, and a person decides on it.
    """
    month = day.replace(day=1)
    first, last_run = months_after(month, -1), _run_after(months_after(month, -1), monthly_day, 0)
    standing, back = [], 0
    for one in earned:
        if first <= one.on < month and one.standing:
            standing.append(one.standing)
        elif one.on < first:
            approved = max(last_run, _run_after(one.on, monthly_day, 1))
            back += sum(t.amount for t in _taken(one) if approved <= t.on < day)
    return min(max(0, sum(standing) - back), AMOUNT_MAX) if standing else None


def _taken(earned: Earned) -> tuple[Taken, ...]:
    """What was taken back of it; older events told the day alone, and meant all of it."""
    if earned.taken or earned.reversed_on is None:
        return earned.taken
    return (Taken(on=earned.reversed_on, amount=earned.amount),)


def _run_after(day: date, monthly_day: int, months: int) -> date:
    month = months_after(day.replace(day=1), months)
    return monthly(month.year, month.month, monthly_day)


def _earns(rec: Recorder, command: RecordPayment) -> bool:
    rules = rec.pack.commission
    if rules is None:
        return False
    paid_on = local_day(command.received_at, rec.zone)
    if rules.from_ == "referral" and not _since_referral(rec, paid_on):
        return False
    return _past_first_months(rec, command.collecting_since, paid_on)


def _past_first_months(rec: Recorder, since: date | None, paid_on: date) -> bool:
    rules = rec.pack.commission
    if rules is None:
        return False
    return since is None or paid_on >= months_after(since, rules.none_in_first_months)


def _since_referral(rec: Recorder, paid_on: date) -> bool:
    case = rec.state.case
    if case is None or not case.referred:
        return False
    return case.referred_on is None or paid_on >= case.referred_on


def _recovered(rec: Recorder, command: RecordPayment, part: MoneyPart) -> Recovered:
    """A part of the payment with the rate it earns at: nothing where it was not past due."""
    paid_on = local_day(command.received_at, rec.zone)
    due_on = _due_on(rec, part.item_id)
    if due_on is None or due_on >= paid_on:
        return Recovered(amount=part.amount, rate=_NOTHING)
    rate = _rate(rec, command.method, part.item_id, due_on, paid_on)
    return Recovered(amount=part.amount, rate=format(rate.normalize(), "f"))


def _worked_out(parts: Iterable[Recovered], paid: int) -> int:
    """What so much of a payment earns, in the order in which it was allocated."""
    exact = Decimal(0)
    for part in parts:
        exact += min(part.amount, paid) * Decimal(part.rate)
        paid -= min(part.amount, paid)
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def _due_on(rec: Recorder, item_id: str) -> date | None:
    item = rec.state.items.get(item_id)
    return item.due_on if item else rec.state.written_off.get(item_id)


def _rate(rec: Recorder, method: str, item_id: str, due_on: date, paid_on: date) -> Decimal:
    rules = rec.pack.commission
    for rate in rules.rates if rules else ():
        if _fits(rec, rate, method, item_id, due_on, paid_on):
            return rate.rate
    return Decimal(0)


def _fits(
    rec: Recorder, rate: CommissionRate, method: str, item_id: str, due_on: date, paid_on: date
) -> bool:
    if rate.won_in_court and not (rec.state.case and _WON in rec.state.case.progress):
        return False
    if rate.in_kind and method != _IN_KIND:
        return False
    rules = rec.pack.limitation
    end = ends_on(rec.state, item_id, due_on, rules.years) if rules else None
    expired = end is not None and paid_on > end
    if rate.expired is not None and expired != rate.expired:
        return False
    years = rate.expired_years_below
    return years is None or end is None or paid_on < years_after(end, years)
