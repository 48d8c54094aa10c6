"""What happens on an account by itself: a day begins, money has waited long enough, a payment told
before is received.
"""

from datetime import date, datetime, timedelta

from chassis.errors import BrokenInvariant
from services.ledger.domain import commands as c
from services.ledger.domain.calendar import local_day, midnight, morning, next_day
from services.ledger.domain.case_terms import effective
from services.ledger.domain.draft import Draft
from services.ledger.domain.events import AccountEvent, DayBegan, MoneyReleased
from services.ledger.domain.evolve import evolve
from services.ledger.domain.payments import take_payment
from services.ledger.domain.state import Account
from services.ledger.domain.terms import Terms


def decide_wake(account: Account, now: datetime, terms: Terms | None = None) -> list[AccountEvent]:
    """What happened by itself since the account was last looked at."""
    terms = terms or account.terms
    return [] if terms is None else catch_up(account, now, terms)[0]


def begin_days(account: Account, today: date) -> tuple[list[AccountEvent], Account]:
    """Let all happen that happens by itself by the end of a day."""
    if account.terms is None:
        return [], account
    end = midnight(account.terms.time_zone, next_day(today)) - timedelta(microseconds=1)
    return catch_up(account, end, account.terms)


def catch_up(account: Account, now: datetime, terms: Terms) -> tuple[list[AccountEvent], Account]:
    """Let all happen that happens by itself up to an instant, each at its own: a late timer changes
    nothing but when it is noticed.
    """
    events: list[AccountEvent] = []
    if account.terms is None:
        return events, account
    while (wakes := wake_at(account)) is not None and wakes <= now:
        event = _by_itself(account, wakes, effective(account, terms))
        events.append(event)
        before, account = account, evolve(account, event)
        if wake_at(account) == wakes and _money(account) == _money(before):
            raise BrokenInvariant(f"an account woken at {wakes} did nothing and is still due")
    return events, account


def _money(account: Account) -> tuple[int, int]:
    """How many payments are yet to be received, and how many wait for their invoice: one may become
    the other.
    """
    return len(account.coming), len(account.waiting)


def _by_itself(account: Account, instant: datetime, terms: Terms) -> AccountEvent:
    """What happens at the instant an account wakes: a payment is received, money is released, a day
    begins.
    """
    day = local_day(terms.time_zone, instant)
    draft = Draft(account, terms, day)
    for coming in account.coming:
        if coming.received_at == instant:
            draft.coming.remove(coming)
            command = c.ReceivePayment(
                payment_id=coming.payment_id,
                amount=coming.amount,
                currency=terms.currency,
                received_at=coming.received_at,
                method=coming.method,
                invoices=coming.invoices,
                collected_by=coming.collected_by,
            )
            return take_payment(draft, command)
    released = [
        entry
        for entry in account.waiting
        if entry.until and morning(terms.time_zone, entry.until) == instant
    ]
    if released:
        draft.waiting = [entry for entry in account.waiting if entry not in released]
        draft.hold(sum(entry.amount for entry in released))
    draft.settle_due()
    if draft.prepaid and not account.prepaid:
        # What is left was there all the time for what is yet to be invoiced.
        draft.prepaid_on = max(entry.paid_on for entry in released)
    if released:
        return MoneyReleased(draft.effects(), tuple(entry.payment_id for entry in released))
    return DayBegan(draft.effects())


def wake_at(account: Account) -> datetime | None:
    """When the account next has something to do by itself: the beginning of a local day, the
    morning on which money has waited long enough, the instant at which a payment is received.
    """
    if account.terms is None:
        return None
    zone = account.terms.time_zone
    wakes = None if account.wake_on is None else midnight(zone, account.wake_on)
    if not account.waiting and not account.coming:
        return wakes
    instants = [coming.received_at for coming in account.coming]
    instants += [morning(zone, entry.until) for entry in account.waiting if entry.until]
    return min(instants if wakes is None else [wakes, *instants], default=None)
