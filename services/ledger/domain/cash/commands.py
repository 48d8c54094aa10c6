"""What can be asked of a cash desk: one frozen struct each, with `now` given beside it."""

from datetime import datetime
from typing import TypeAlias

import msgspec

from services.ledger.domain.cash.state import CashDesk


class SetDesk(msgspec.Struct, frozen=True):
    """Open or shut the desk, as the creditor's terms say."""

    keeps: bool
    time_zone: str
    currency: str
    is_home: bool


class TakeCash(msgspec.Struct, frozen=True):
    """Make out the receipt of a cash payment, under a number of the creditor's series."""

    payment_id: str
    account: str
    amount: int
    collected_by: str | None
    receipt: str


class TakeBack(msgspec.Struct, frozen=True):
    """Take so much off the receipt of a cash payment that was recorded at an instant."""

    payment_id: str
    amount: int
    collected_by: str | None
    received_at: datetime


class TakeDeposit(msgspec.Struct, frozen=True):
    """Take in what a collector hands in."""

    collected_by: str
    amount: int


class CountCash(msgspec.Struct, frozen=True):
    """Close each day whose evening has come, over the desks of all lanes; `codes` stand for the
    collectors' names.
    """

    desks: tuple[CashDesk, ...]
    codes: dict[str, str] = {}


DeskCommand: TypeAlias = SetDesk | TakeCash | TakeBack | TakeDeposit | CountCash
