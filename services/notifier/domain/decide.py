"""What happens to an account's notices next: pure decisions over its state."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from chassis.errors import Rejected
from chassis.owed.debtor import DebtorErased
from chassis.owed.ledger import (
    FollowBalance,
    FollowClearance,
    follow_balance,
    follow_clearance,
)
from contracts.words.vocabulary import CHANNELS
from services.notifier.domain import calls, channels, earlier, listing, respond, sending, waiting
from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain.sending import COPIED_ID_MAX
from services.notifier.domain.state import Account


def decide(state: Account, command: c.Command) -> list[e.Event]:
    """What follows from a command; nothing when there is nothing to do.

    Raises `Rejected` or `NotFound` with the reason when the rules refuse it.
    """
    return [*_DECIDERS[type(command)](state, command)]


def wake_at(state: Account) -> datetime | None:
    """When the account's next waiting, sending or unknown notice is to be looked at."""
    return min((one.until for one in state.open.values() if one.until is not None), default=None)


def keep_debtor(state: Account, command: c.KeepDebtor) -> list[e.Event]:
    """Keep who the debtor is; what waited for that may go."""
    kept = e.DebtorUpserted(command.sealed, command.moved)
    return [kept, *waiting.released(state, "profile")]


def erase_debtor(state: Account, command: c.EraseDebtor) -> list[e.Event]:
    """Forget the debtor; what has not left yet never will."""
    if state.erased:
        return []
    return [*map(waiting.erased, state.open.values()), DebtorErased()]


def keep_details(state: Account, command: c.KeepDetails) -> list[e.Event]:
    """Keep what a notice says of an invoice."""
    return [e.InvoiceDetailed(command.item_id, command.sealed)]


def take_in_balance(state: Account, command: FollowBalance) -> list[e.Event]:
    """Follow the ledger; what waited for its figures may go."""
    seen = follow_balance(state.ledger, command)
    gone = listing.cleared(state, seen)
    return [*seen, *gone, *waiting.released(state, "ledger")] if seen else []


def take_in_clearance(state: Account, command: FollowClearance) -> list[e.Event]:
    """Follow the ledger to where nothing is overdue."""
    seen = follow_clearance(state.ledger, command)
    return [*seen, *listing.cleared(state, seen)]


def count_contact(state: Account, command: c.CountContact) -> list[e.Event]:
    """Somebody calls or visits the debtor, or an agency wrote to them."""
    return [e.ContactSeen(command.case_id, command.day, command.is_call)]


def request(state: Account, command: c.RequestNotice) -> list[e.Event]:
    """Take a notice on; asking twice for the same changes nothing.

    One that goes to several addresses has an id with room for the numbers of its copies.
    """
    wanted = command.wanted
    for channel in (wanted.channel, *wanted.fallback):
        if channel not in CHANNELS:
            raise Rejected(f"notice {wanted.notice_id}: there is no channel '{channel}'")
    if wanted.recipients == "each_other" and len(wanted.notice_id) > COPIED_ID_MAX:
        raise Rejected(
            f"notice {wanted.notice_id}: the id of a notice to several addresses has "
            f"at most {COPIED_ID_MAX} characters"
        )
    known = wanted.notice_id in state.open
    if known or any(one.notice_id == wanted.notice_id for one in state.sent):
        return []
    return [wanted]


def record_delivery(state: Account, command: c.RecordDelivery) -> Sequence[e.Event]:
    """Tell what became of a notice; one that did not arrive goes on by its next channel."""
    return channels.after_delivery(state, respond.record_delivery(state, command))


def record_call(state: Account, command: c.RecordCall) -> Sequence[e.Event]:
    """Tell that nobody took a call; after the last one the notice goes on by its next channel."""
    return channels.after_delivery(state, calls.record_call(state, command))


def record_purge(state: Account, command: c.RecordPurge) -> list[e.Event]:
    """The files of an erased debtor are gone, once."""
    return [e.OutboxPurged()] if state.purge_due else []


Decider = Callable[[Account, Any], Sequence[e.Event]]


def _and(first: Decider, then: Decider) -> Decider:
    """What a command leads to in two respects that have nothing to do with one another."""
    return lambda state, command: [*first(state, command), *then(state, command)]


_DECIDERS: dict[type, Decider] = {
    c.KeepDebtor: keep_debtor,
    c.EraseDebtor: _and(listing.erased, erase_debtor),
    c.KeepDetails: keep_details,
    FollowBalance: take_in_balance,
    FollowClearance: take_in_clearance,
    c.CountContact: count_contact,
    c.RequestNotice: request,
    c.PauseCase: _and(waiting.pause, listing.case_paused),
    c.ResumeCase: _and(waiting.resume, listing.case_resumed),
    c.EndCase: _and(waiting.end_case, listing.case_ended),
    c.PlaceHold: _and(waiting.place_hold, listing.held),
    c.ReleaseHold: _and(waiting.release_hold, listing.released),
    c.Wake: waiting.wake,
    c.ChooseChannel: sending.choose,
    c.CheckNotice: waiting.check,
    c.HoldBack: waiting.hold_back,
    c.KnowSent: earlier.know_sent,
    c.TakeEarlier: earlier.take_earlier,
    c.SplitNotice: sending.split,
    c.SuppressNotice: sending.suppress,
    c.GiveUpNotice: sending.give_up,
    c.AttemptNotice: sending.attempt,
    c.Conclude: sending.conclude,
    c.FindOut: sending.find_out,
    c.RecordDelivery: record_delivery,
    c.NoteReceipt: respond.note_receipt,
    c.RecordCall: record_call,
    c.PlanCall: calls.plan_call,
    c.OptOut: respond.opt_out,
    c.OptIn: respond.opt_in,
    c.RecordPurge: record_purge,
}
