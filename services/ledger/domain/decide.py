"""What follows from a command on an account.

`decide(account, command, now, terms, archive)` answers the events, in order: first the days that
began unnoticed, then the fact itself. `terms` are the creditor's present ones, `archive` the closed
items by id for commands that may touch them. The deciders stand by subject: `items`, `payments`,
`corrections`, `relief`, `case_terms`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.errors import NotFound
from services.ledger.domain import commands as c
from services.ledger.domain import corrections, items, payments, quick, relief
from services.ledger.domain.bounds import require_bounded
from services.ledger.domain.by_itself import catch_up
from services.ledger.domain.calendar import local_day
from services.ledger.domain.case_terms import effective, set_case_terms
from services.ledger.domain.draft import Draft
from services.ledger.domain.events import AccountEvent
from services.ledger.domain.evolve import evolve
from services.ledger.domain.state import Account, Item
from services.ledger.domain.terms import Terms

Archive = Mapping[str, Item]
_NO_ARCHIVE: Archive = {}


def step(
    account: Account, command: c.Command, now: datetime, terms: Terms
) -> tuple[Sequence[AccountEvent], Account]:
    """The events `decide` answers and the account they lead to, the common case in one go."""
    day = local_day(terms.time_zone, now)
    if account.wake_on is None or account.wake_on > day:
        done: tuple[AccountEvent, Account] | None = None
        if isinstance(command, c.OpenItem):
            done = quick.open_item(account, command, day, terms)
        elif isinstance(command, c.ReceivePayment) and payments.is_of_day(command, terms, day, now):
            done = quick.receive_payment(account, command, day, terms)
        if done is not None:
            event, account = done
            return (event,), account
    events = decide(account, command, now, terms)
    for event in events:
        account = evolve(account, event)
    return events, account


def decide(
    account: Account,
    command: c.Command,
    now: datetime,
    terms: Terms | None,
    archive: Archive = _NO_ARCHIVE,
) -> list[AccountEvent]:
    """Decide a command on an account; `[]` means there is nothing to do.

    Raises `Rejected` or `NotFound` with the reason when the rules refuse it.
    """
    if terms is None:
        terms = account.terms
        if terms is None:
            raise NotFound("the creditor is not set up: its terms are not known")
    events, account = catch_up(account, now, terms)
    # what those days closed is closed for this command too
    if archive and events:
        archive = {**archive, **{i.id: i for event in events for i in event.effects.items}}
    terms = effective(account, terms)
    event = decide_under(account, command, now, terms, archive)
    if event is None:
        return events
    require_bounded(account, event, terms)
    return [*events, event]


def decide_under(
    account: Account,
    command: c.Command,
    now: datetime,
    terms: Terms,
    archive: Archive = _NO_ARCHIVE,
) -> AccountEvent | None:
    """Decide a command under the very terms given, on an account whose days have begun."""
    day = local_day(terms.time_zone, now)
    draft = Draft(account, terms, day)
    if archive:
        draft.closed = archive
    if isinstance(command, c.ReceivePayment) and command.received_at > now:
        return payments.announce_payment(draft, command)
    return _DECIDERS[type(command)](draft, command)


_DECIDERS: dict[type[c.Command], Callable[[Draft, Any], AccountEvent | None]] = {
    c.OpenItem: items.open_item,
    c.ReceivePayment: payments.receive_payment,
    c.GrantCredit: corrections.grant_credit,
    c.SetCaseTerms: set_case_terms,
    c.AdjustItem: corrections.adjust_item,
    c.CancelItem: corrections.cancel_item,
    c.WriteOff: corrections.write_off,
    c.Refund: corrections.refund,
    c.DisputeItems: relief.dispute_items,
    c.ResolveDispute: relief.resolve_dispute,
    c.DeferItems: relief.defer_items,
    c.AgreePlan: relief.agree_plan,
    c.EndPlan: relief.end_plan,
    c.StartLateFee: relief.start_late_fee,
    c.WaiveLateFee: relief.waive_late_fee,
}
