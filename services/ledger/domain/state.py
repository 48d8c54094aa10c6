"""What an account's stream holds to go on with: frozen, compact, written as msgpack arrays.

Fields are only ever added at the end, with a default: older states and events stay readable.
"""

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Literal

import msgspec

from chassis.store.marked import compressed
from contracts.words.vocabulary import ItemStatus
from services.ledger.domain import blocks
from services.ledger.domain.terms import Terms


class Stop(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Days that bear no late fee, first to last inclusive (`last=None`: until further notice), and
    why.
    """

    cause: str
    first: date
    last: date | None = None


class Move(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A change of the principal that counts from the day after `day`; `note` says that it is of a
    credit or debit note, not of money.
    """

    day: date
    change: int
    note: bool = False


class Fee(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The facts an item's late fee follows from, whatever day it is asked for.

    `base` is the principal from the beginning, decisions on disputes included: the cap is a share
    of it. `bears_from` is the first day that may bear a fee, `None` while the creditor's terms wait
    for it to be started.
    """

    base: int
    bears_from: date | None
    moves: tuple[Move, ...] = ()
    stops: tuple[Stop, ...] = ()
    paid: int = 0
    waived: int = 0


class Item(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One invoice, or one fee charged; amounts in minor units.

    `amount` is after adjustments, `principal` what is left of it, `due_on` the effective due date
    (a deferral moves it), `seq` the order of arrival within the account. `fee` is `None` where no
    late fee is agreed.
    """

    id: str
    item: str
    amount: int
    principal: int
    issued_on: date
    original_due_on: date
    due_on: date
    seq: int
    overdue: bool = False
    status: ItemStatus = "open"
    fee: Fee | None = None
    disputes: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    deferred_until: date | None = None
    source: Literal["invoice", "charge"] = "invoice"


class Waiting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Money of a payment that names invoices not known yet; it waits until 09:00 of `until`."""

    payment_id: str
    amount: int
    invoices: tuple[str, ...]
    paid_on: date
    until: date | None = None


class Coming(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A payment told before the instant it is received: until then it is no money."""

    payment_id: str
    amount: int
    received_at: datetime
    method: str
    invoices: tuple[str, ...] = ()
    collected_by: str | None = None


class Balance(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An account's sums on the day of the event, in minor units.

    `principal` is of all open items, `overdue` the principal of the overdue ones, `late_fee` what
    is due that day, `prepaid` all money not allocated, `waiting` what of it waits for unknown
    invoices.
    """

    principal: int = 0
    overdue: int = 0
    late_fee: int = 0
    prepaid: int = 0
    oldest_due_on: date | None = None
    currency: str = ""
    waiting: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[Item, ...]).decode
_MANY = 16
_KNOWN_MAX = 1024


class Open:
    """Packed items, unpacked: `items` in the order money reaches them, their `ids` where they are
    many, how many of the first are `overdue`, and whether all are plain: not disputed, nor waiting
    for a late fee alone.
    """

    __slots__ = ("ids", "is_plain", "items", "overdue")

    def __init__(self, items: list[Item]) -> None:
        self.items = items
        self.ids = {item.id for item in items} if len(items) >= _MANY else set()
        self.overdue = _overdue(items)
        self.is_plain = not any(item.disputes or not item.principal for item in items)

    def add(self, item: Item) -> None:
        """Put one more in its place."""
        items, after = self.items, order(item)
        place = len(items) if order(items[-1]) < after else bisect(items, after, key=order)
        items.insert(place, item)
        self.ids.add(item.id)
        if place <= self.overdue:
            self.overdue = self.overdue + 1 if item.overdue else place
        self.is_plain = self.is_plain and bool(item.principal) and not item.disputes

    def reach(self, count: int, first: Item | None) -> None:
        """Take away so many of the first; `first` is what is left of the last of them."""
        self.ids.difference_update([item.id for item in self.items[:count]])
        left = [] if first is None else [first]
        self.items[:count] = left
        self.ids.update([item.id for item in left])
        self.overdue += len(left) - count
        if self.overdue <= 0 or not self.items[0].overdue:
            self.overdue = _overdue(self.items)


_known: dict[int, tuple[bytes, Open]] = {}
"""What many items were unpacked to, by where the bytes are: to hash them would be to read them. It
goes on with the account: what is packed with one more, or less, takes it over.
"""


def pack(items: Iterable[Item], kept: Mapping[int, bytes] | None = None) -> bytes:
    """Items in the order they arrived in; `kept` are blocks of them that are packed already."""
    arrived = sorted(items, key=attrgetter("seq"))
    if len(arrived) <= blocks.PLAIN_MAX:
        return blocks.plain(len(arrived), _written(arrived))
    known = kept or {}
    by_block = groupby(arrived, lambda item: blocks.block_of(item.seq))
    (_, first), *others, (number, last) = [(at, list(own)) for at, own in by_block]
    between = [(at, known.get(at) or compressed(_written(own))) for at, own in others]
    return blocks.blocked(len(arrived), _written(first), between, number, _written(last))


def repack(packed: bytes) -> bytes:
    """Items as `pack` puts them; an event has them as one array."""
    return pack(look(packed).items)


def _written(items: Iterable[Item]) -> bytes:
    return b"".join(map(_encode, items))


def pack_rest(packed: bytes, found: Open, count: int, first: Item | None) -> bytes:
    """Packed items, found so, once money has reached so many of them; `first` is what is left of
    the last of those, where it is still open. `found` is then what is left of all.

    Where they are many, those behind stay as they are packed.
    """
    gone = _written(found.items[:count])
    _known.pop(id(packed), None)
    found.reach(count, first)
    left = len(found.items)
    again = b"" if first is None else _encode(first)
    rest = None if left < _MANY else blocks.without(packed, gone, left, again)
    if rest is None:  # or these arrived in another order
        rest = pack(found.items)
    _keep(rest, found)
    return rest


def pack_behind(packed: bytes, item: Item) -> bytes:
    """Packed items with one more that arrived after them."""
    more = blocks.behind(packed, item.seq, _encode(item))
    if more is None:
        more = pack([*look(packed).items, item])
    known = _known.pop(id(packed), None)
    if known is not None:
        known[1].add(item)
        _keep(more, known[1])
    return more


def look(packed: bytes) -> Open:
    """Packed items, unpacked."""
    known = _known.get(id(packed))
    if known is not None:
        return known[1]
    found = Open(sorted(_decode(blocks.unblocked(packed)), key=order))
    _keep(packed, found)
    return found


def _keep(packed: bytes, found: Open) -> None:
    if len(found.items) >= _MANY:
        _known[id(packed)] = (packed, found)
        if len(_known) > _KNOWN_MAX:
            del _known[next(iter(_known))]


def _overdue(items: Sequence[Item]) -> int:
    return next((place for place, item in enumerate(items) if not item.overdue), len(items))


def holds(packed: bytes, item_id: str) -> bool:
    """Whether an item is among packed ones; the bytes of its id rule out nearly every other."""
    known = _known.get(id(packed))
    if known is not None:
        return item_id in known[1].ids
    if not blocks.may_hold(packed, item_id.encode()):
        return False
    return any(item.id == item_id for item in look(packed).items)


def order(item: Item) -> tuple[date, date, int]:
    """The order money reaches items in: oldest due date first, then issue order."""
    return (item.due_on, item.issued_on, item.seq)


class Account(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One debtor's account with one creditor.

    `open` are the open items, packed: most events touch one of them, and the others then cost
    nothing but their bytes. `prepaid` waits for the next due date
    and has been whole since `prepaid_on`. `lost` is what was written off and not recovered, by
    item. `known` holds the ids of recent payments and closed items, one a line. `fee_from` is the
    first day of the late fee in the present case, where terms wait for a start. `wake_on` is the
    next local day at whose beginning something happens by itself. `balance` is
    as of the last event.

    A case holds the account to its terms since `case_on`; `pinned_through` is the last day of the
    case before. `touched` is the day of the last event, as an ordinal.
    """

    terms: Terms | None = None
    open: bytes = blocks.NO_ITEMS
    prepaid: int = 0
    prepaid_on: date | None = None
    waiting: tuple[Waiting, ...] = ()
    lost: tuple[tuple[str, int], ...] = ()
    known: str = "\n"
    opened: int = 0
    fee_from: date | None = None
    wake_on: date | None = None
    balance: Balance = Balance()
    coming: tuple[Coming, ...] = ()
    case_on: date | None = None
    pinned_through: date | None = None
    touched: int = 0

    @property
    def items(self) -> tuple[Item, ...]:
        """The open items in the order money reaches them."""
        return tuple(look(self.open).items)


def initial(_stream: str) -> Account:
    """An account nothing has happened on."""
    return Account()


def is_known(account: Account, kind: Literal["item", "payment"], id_: str) -> bool:
    """Whether the id is an open item's, or among the recent payments and closed items."""
    if id_ in account.known and f"\n{kind[0]}{id_}\n" in account.known:
        return True
    return kind == "item" and holds(account.open, id_)
