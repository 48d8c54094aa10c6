"""An account's history: its events, each with the instant it was recorded."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from services.ledger.domain import events as e
from services.ledger.domain.state import Item


class Past(NamedTuple):
    """One event of the account's history and the instant it was recorded."""

    at: datetime
    event: e.AccountEvent


def not_before(history: Iterable[Past], now: datetime) -> datetime:
    """Now, or the instant of the newest event where the clock went back since: what is recorded
    has happened.
    """
    return max([now, *(past.at for past in history)])


def archive(history: Iterable[Past]) -> dict[str, Item]:
    """Every item the account ever had, as it is now, by id."""
    items: dict[str, Item] = {}
    for past in history:
        for item in past.event.effects.items:
            items[item.id] = item
    return items


def taken_back(history: Iterable[Past]) -> dict[str, int]:
    """How much of each payment was taken back."""
    amounts: dict[str, int] = {}
    for past in history:
        if isinstance(past.event, e.PaymentReversed):
            payment_id = past.event.payment_id
            amounts[payment_id] = amounts.get(payment_id, 0) + past.event.amount
    return amounts


def find_payment(
    history: Iterable[Past], payment_id: str
) -> e.PaymentReceived | e.PaymentAnnounced | None:
    for past in history:
        match past.event:
            case e.PaymentReceived() | e.PaymentAnnounced() as event:
                if event.payment_id == payment_id:
                    return event
    return None
