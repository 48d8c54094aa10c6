"""What an event makes of an account: it takes over what the event says, and decides nothing.

The account is built by position, as in `quick`: a test holds the names beside the values.
"""

from msgspec.structs import replace

from chassis.store.aggregate import unknown_event
from services.ledger.domain import blocks
from services.ledger.domain.events import (
    AccountEvent,
    Effects,
    ItemOpened,
    PaymentAnnounced,
    PaymentReceived,
    PaymentReversed,
)
from services.ledger.domain.state import Account, holds, pack, pack_behind, repack

KNOWN_CHARS_MAX = 1024
"""How much of the recent ids an account remembers; an id older than that is found in the history
alone.
"""


def evolve(account: Account, event: AccountEvent) -> Account:
    """The account after the event; every event of an account carries its effects."""
    if isinstance(event, PaymentReversed | PaymentReceived) and event.account is not None:
        return replace(event.account, open=repack(event.account.open))
    try:
        effects = event.effects
    except AttributeError:
        raise unknown_event(event) from None
    known = account.known
    opened = account.opened
    if isinstance(event, ItemOpened):
        opened += 1
    elif isinstance(event, PaymentReceived | PaymentAnnounced):
        known = remember(known, f"p{event.payment_id}\n")
    for item in effects.items:
        if item.status != "open":
            known = remember(known, f"i{item.id}\n")
    return Account(
        effects.terms or account.terms,  # terms
        _open(account, effects) if effects.items else account.open,  # open
        effects.prepaid,  # prepaid
        effects.prepaid_on,  # prepaid_on
        effects.waiting,  # waiting
        effects.lost,  # lost
        known,  # known
        opened,  # opened
        effects.fee_from,  # fee_from
        effects.wake_on,  # wake_on
        effects.balance,  # balance
        effects.coming,  # coming
        effects.case_on,  # case_on
        effects.pinned_through,  # pinned_through
        effects.day.toordinal(),  # touched
    )


def remember(known: str, line: str) -> str:
    """Add a line to the ids known, forgetting the oldest beyond the limit."""
    if f"\n{line}" in known:
        return known
    known += line
    if len(known) > KNOWN_CHARS_MAX:
        known = known[known.index("\n", len(known) - KNOWN_CHARS_MAX) :]
    return known


def _open(account: Account, effects: Effects) -> bytes:
    """The open items with the changed ones in their place."""
    first, *others = effects.items
    is_new = first.seq == account.opened and not holds(account.open, first.id)
    if is_new and first.status == "open" and not others:
        return pack_behind(account.open, first)
    items = {item.id: item for item in (*account.items, *effects.items)}
    kept = blocks.kept(account.open, {blocks.block_of(item.seq) for item in effects.items})
    return pack((item for item in items.values() if item.status == "open"), kept)
