"""What can have happened at a cash desk, and to the series of a creditor's receipts.

Two events are stored under the names they had when a cash desk was called a till.
"""

from datetime import date

import msgspec


class DeskOpened(msgspec.Struct, frozen=True, tag="TillOpened"):
    """The creditor keeps a cash desk from a day on."""

    time_zone: str
    currency: str
    is_home: bool
    day: date


class DeskShut(msgspec.Struct, frozen=True, tag="TillShut"):
    """The creditor keeps no cash desk any more."""


class CashReceived(msgspec.Struct, frozen=True, tag="CashReceived"):
    """A receipt was made out for cash; its number is unique within the creditor."""

    payment_id: str
    account: str
    amount: int
    day: date
    receipt: str
    currency: str
    collected_by: str | None = None


class CashReversed(msgspec.Struct, frozen=True, tag="CashReversed"):
    """So much cash counts as never received; the receipt is void once all of it does."""

    payment_id: str
    amount: int
    day: date
    collected_by: str | None = None


class CashDeposited(msgspec.Struct, frozen=True, tag="CashDeposited"):
    """A collector handed cash in."""

    collected_by: str
    amount: int
    day: date


class Counted(msgspec.Struct, frozen=True, omit_defaults=True):
    """One collector at the end of a day; `running` is all collected so far less all deposited,
    `code` stands for the name where that must not be told.
    """

    collected_by: str
    collected: int
    deposited: int
    running: int
    code: str | None = None


class CashCounted(msgspec.Struct, frozen=True, tag="CashCounted"):
    """A day was closed; `counts` are the collectors whose day or total does not come out even."""

    day: date
    currency: str
    counts: tuple[Counted, ...] = ()


DeskEvent = DeskOpened | DeskShut | CashReceived | CashReversed | CashDeposited | CashCounted
