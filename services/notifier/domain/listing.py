"""An account's entry on its creditor's published list: one, from when it is published until nothing
is overdue any more, and not while its case is paused or the account on hold.
"""

from collections.abc import Sequence

from chassis.owed.ledger import LedgerSeen, LedgerView, seen
from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain.destinations import PUBLIC_ADDRESS
from services.notifier.domain.entries import EntryRemoved, EntryRestored, EntryWithheld
from services.notifier.domain.state import Account, Listing


def erased(state: Account, _command: c.EraseDebtor) -> Sequence[e.Event]:
    """Nobody reads of an erased debtor."""
    return [] if state.erased else _removed(state, "erased")


def cleared(state: Account, told: Sequence[LedgerSeen]) -> Sequence[e.Event]:
    """An entry is gone when what the ledger tells leaves nothing overdue: paid, disputed, written
    off or deferred.
    """
    view = state.ledger
    for one in told:
        view = seen(view, one)
    return _removed(state, "cleared") if told and not is_owed(view) else []


def case_ended(state: Account, command: c.EndCase) -> Sequence[e.Event]:
    """An entry is gone with the case it was published in."""
    return _removed(state, "closed") if _is_of(state, command.case_id) else []


def case_paused(state: Account, command: c.PauseCase) -> Sequence[e.Event]:
    """Nobody reads of a case that is paused."""
    return _withheld(state, "paused") if _is_of(state, command.case_id) else []


def case_resumed(state: Account, _command: c.ResumeCase) -> Sequence[e.Event]:
    """The entry is back."""
    return _restored(state, "paused")


def held(state: Account, _command: c.PlaceHold) -> Sequence[e.Event]:
    """Nobody reads of an account on hold."""
    return _withheld(state, "held")


def released(state: Account, _command: c.ReleaseHold) -> Sequence[e.Event]:
    """The entry is back, unless its case is paused."""
    return _restored(state, "held")


def is_owed(view: LedgerView) -> bool:
    """Whether anything is overdue."""
    return view.oldest_due_on is not None


def _is_of(state: Account, case_id: str) -> bool:
    return state.listed is not None and state.listed.case_id == case_id


def _removed(state: Account, reason: str) -> Sequence[e.Event]:
    return [] if state.listed is None else [EntryRemoved(reason)]


def _withheld(state: Account, reason: str) -> Sequence[e.Event]:
    if state.listed is None or reason in state.listed.withheld:
        return []
    return [EntryWithheld(reason)]


def _restored(state: Account, reason: str) -> Sequence[e.Event]:
    if state.listed is None or reason not in state.listed.withheld:
        return []
    return [EntryRestored(reason, shown=state.listed.withheld == (reason,))]


def published(state: Account, event: e.NoticeSent) -> Listing | None:
    """The account's entry after a notice went out; what is listed already keeps its place."""
    if event.about.channel != PUBLIC_ADDRESS:
        return state.listed
    withheld = state.listed.withheld if state.listed else ()
    notice = state.open.get(event.notice_id)
    mask = notice.mask if notice else ""
    return Listing(event.notice_id, event.about.case_id or "", withheld, mask)
