"""What an event makes of an account: it takes over what the event says, and decides nothing."""

from services.ledger.domain.events import (
    AccountEvent,
    Effects,
    ItemOpened,
    PaymentReceived,
    PaymentReversed,
)
from services.ledger.domain.state import Account, Item, order

KNOWN_CHARS_MAX = 1024
"""How much of the recent ids an account remembers; an id older than that is found in the history
alone.
"""


def evolve(account: Account, event: AccountEvent) -> Account:
    """The account after the event."""
    if isinstance(event, PaymentReversed):
        return event.account
    effects = event.effects
    known = account.known
    opened = account.opened
    items = account.items
    if isinstance(event, ItemOpened):
        opened += 1
        items = _with_new(items, effects)
    elif isinstance(event, PaymentReceived):
        known = remember(known, f"p{event.payment_id}\n")
        if effects.items:
            items = _merge(items, effects)
    elif effects.items:
        items = _merge(items, effects)
    for item in effects.items:
        if item.status != "open":
            known = remember(known, f"i{item.id}\n")
    return Account(
        effects.terms or account.terms,
        items,
        effects.prepaid,
        effects.prepaid_on,
        effects.waiting,
        effects.lost,
        known,
        opened,
        effects.fee_from,
        effects.wake_on,
        effects.balance,
    )


def remember(known: str, line: str) -> str:
    """Add a line to the ids known, forgetting the oldest beyond the limit."""
    if f"\n{line}" in known:
        return known
    known += line
    if len(known) > KNOWN_CHARS_MAX:
        known = known[known.index("\n", len(known) - KNOWN_CHARS_MAX) :]
    return known


def _with_new(items: tuple[Item, ...], effects: Effects) -> tuple[Item, ...]:
    """The open items with a new one, most often behind all others."""
    if len(effects.items) == 1:
        item = effects.items[0]
        if item.status == "open" and (not items or order(item) > order(items[-1])):
            return (*items, item)
    return _merge(items, effects)


def _merge(items: tuple[Item, ...], effects: Effects) -> tuple[Item, ...]:
    """The open items with the changed ones in their place, in the order money reaches them."""
    changed = {item.id: item for item in effects.items}
    merged = []
    moved = False
    for item in items:
        now = changed.pop(item.id, item)
        if now.status == "open":
            moved = moved or now.due_on != item.due_on
            merged.append(now)
    for item in changed.values():
        if item.status == "open":
            moved = moved or (bool(merged) and order(item) < order(merged[-1]))
            merged.append(item)
    return tuple(sorted(merged, key=order) if moved else merged)
