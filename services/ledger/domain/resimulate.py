"""Reversals: the account's facts played again without the payment that counts as never made.

This is the slow path: it needs the account's history, and is the only place that reads one.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from msgspec.structs import replace

from chassis.errors import BrokenInvariant, NotFound, Rejected
from services.ledger.domain import commands as c
from services.ledger.domain import events as e
from services.ledger.domain.calendar import local_day
from services.ledger.domain.decide import begin_days, decide
from services.ledger.domain.draft import Draft, owes
from services.ledger.domain.evolve import evolve
from services.ledger.domain.state import Account, Item
from services.ledger.domain.terms import Terms


class Past(NamedTuple):
    """One event of the account's history and the instant it was recorded."""

    at: datetime
    event: e.AccountEvent


def archive(history: Iterable[Past]) -> dict[str, Item]:
    """Every item the account ever had, as it is now, by id."""
    items: dict[str, Item] = {}
    for past in history:
        for item in past.event.effects.items:
            items[item.id] = item
    return items


def reverse_payment(
    account: Account, command: c.ReversePayment, now: datetime, history: Iterable[Past]
) -> list[e.AccountEvent]:
    """Make of the account what it would be had the payment never come.

    Raises `NotFound` for a payment the account never received, `Rejected` for one reversed before.
    """
    pasts = list(history)
    payment = _payment(pasts, command.payment_id)
    reversed_ids = {p.event.payment_id for p in pasts if isinstance(p.event, e.PaymentReversed)}
    if command.payment_id in reversed_ids:
        raise Rejected(f"payment {command.payment_id} was already reversed")
    if account.terms is None:
        raise NotFound("the creditor is not set up: its terms are not known")
    day = local_day(account.terms.time_zone, now)
    before = archive(pasts)
    began, account = begin_days(account, day)
    after, items = simulate(pasts, reversed_ids | {command.payment_id}, now)
    after = replace(after, known=account.known)
    changed = {i: item for i, item in items.items() if before.get(i) != item}
    effects = _difference(account, after, changed, before, day)
    return [*began, e.PaymentReversed(effects, command.payment_id, payment.amount, after)]


def simulate(
    history: Iterable[Past], without: set[str], now: datetime
) -> tuple[Account, dict[str, Item]]:
    """Play the facts of a history without some payments, days that begin included, up to now.

    A fact that no longer means anything without the payments is passed over.
    """
    account = Account()
    items: dict[str, Item] = {}
    terms: Terms | None = None
    for at, event in history:
        terms = event.effects.terms or terms
        command = _fact(event, terms, without)
        if command is None:
            continue
        try:
            results = decide(account, command, at, terms, items)
        except (Rejected, NotFound):
            continue
        for result in results:
            account = evolve(account, result)
            items.update((item.id, item) for item in result.effects.items)
    if account.terms is not None:
        began, account = begin_days(account, local_day(account.terms.time_zone, now))
        for result in began:
            items.update((item.id, item) for item in result.effects.items)
    return account, items


def _payment(history: list[Past], payment_id: str) -> e.PaymentReceived:
    for past in history:
        if isinstance(past.event, e.PaymentReceived) and past.event.payment_id == payment_id:
            return past.event
    raise NotFound(f"payment {payment_id} is not known on this account")


def _difference(
    account: Account,
    after: Account,
    changed: Mapping[str, Item],
    before: Mapping[str, Item],
    day: date,
) -> e.Effects:
    """What the reversal changed, told like any other event's effects."""
    terms = after.terms or account.terms
    if terms is None:
        raise BrokenInvariant("an account with payments has no terms")
    draft = Draft(after, terms, day)
    draft.account = account
    draft.closed = before
    draft.owed = any(owes(item, day) for item in account.items)
    for item in changed.values():
        draft.put(item)
    return draft.effects()


def _fact(event: e.AccountEvent, terms: Terms | None, without: set[str]) -> c.Command | None:
    """The command an event answered; `None` for days that began and for payments left out."""
    match event:
        case e.ItemOpened():
            item = next(item for item in event.effects.items if item.id == event.item_id)
            return c.OpenItem(
                item.id,
                item.item,
                event.amount,
                terms.currency if terms else "",
                item.issued_on,
                item.original_due_on,
                item.source,
            )
        case e.PaymentReceived() if event.payment_id not in without:
            return c.ReceivePayment(
                event.payment_id,
                event.amount,
                terms.currency if terms else "",
                event.received_at,
                event.method,
                event.invoices,
                event.collected_by,
            )
        case _:
            correction = _CORRECTIONS.get(type(event))
            return correction(event) if correction else None


_CORRECTIONS: dict[type[e.AccountEvent], Callable[[Any], c.Command]] = {
    e.ItemAdjusted: lambda ev: c.AdjustItem(ev.item_id, ev.adjustment_id, ev.change),
    e.ItemCancelled: lambda ev: c.CancelItem(ev.item_id),
    e.ItemsDisputed: lambda ev: c.DisputeItems(ev.dispute_id, ev.item_ids),
    e.DisputeResolved: lambda ev: c.ResolveDispute(
        ev.dispute_id, ev.outcome, ev.item_ids, ev.amount
    ),
    e.ItemsDeferred: lambda ev: c.DeferItems(ev.item_ids, ev.until),
    e.PlanAgreed: lambda ev: c.AgreePlan(ev.plan_id),
    e.PlanEnded: lambda ev: c.EndPlan(ev.plan_id),
    e.LateFeeStarted: lambda ev: c.StartLateFee(ev.from_day),
    e.LateFeeWaived: lambda ev: c.WaiveLateFee(ev.amount),
    e.ItemsWrittenOff: lambda ev: c.WriteOff(
        ev.item_ids,
        tuple((part.item_id, part.principal, part.late_fee) for part in ev.written_off),
    ),
    e.RefundFellDue: lambda ev: c.Refund(ev.refund_id, ev.amount, paid_out=True),
}
