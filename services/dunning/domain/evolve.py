"""How events change an account: each room says what changes for it, in a table of small functions.

Nothing is decided here.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from chassis.errors import BrokenInvariant
from services.dunning.domain.account import Account, Change
from services.dunning.domain.agreements import evolve as agreements
from services.dunning.domain.case import evolve as case
from services.dunning.domain.contact import evolve as contact
from services.dunning.domain.events import AccountEvent
from services.dunning.domain.money import evolve as money


def evolve_account(state: Account, event: AccountEvent) -> Account:
    """Apply one event to an account; raises BrokenInvariant for one that no room knows."""
    changes = _CHANGES.get(type(event))
    if changes is None:
        raise BrokenInvariant(f"an account knows no event {type(event).__name__}")
    following = state
    for change in changes:
        following = change(following, event)
    return replace(following, sequence=state.sequence + 1)


def _together(*rooms: Mapping[type, Change]) -> dict[type, tuple[Change, ...]]:
    """What each event changes, room by room."""
    found: dict[type, tuple[Change, ...]] = {}
    for room in rooms:
        for kind, change in room.items():
            found[kind] = (*found.get(kind, ()), change)
    return found


_CHANGES = _together(case.CHANGES, agreements.CHANGES, money.CHANGES, contact.CHANGES)
