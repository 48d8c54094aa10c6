"""The erasure of a debtor: asked for on the bus, confirmed or refused by a person, and carried out.

A request without an answer lapses. Who asks over HTTP with the role for it has confirmed at once.
"""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from chassis.errors import Rejected
from chassis.store.aggregate import evolver

BY_RETENTION = "retention"
"""Who orders the erasure of an account that was closed for as long as its creditor keeps it."""

Status: TypeAlias = Literal["none", "pending", "confirmed", "refused", "lapsed", "erased"]


class ErasureRequested(msgspec.Struct, frozen=True, tag="ErasureRequested"):
    """A source asked on the bus; unless somebody confirms before `expires_at` nothing happens.

    `sealed` is the reason it gave, under the debtor's key.
    """

    number: int
    message_id: str
    source: str
    expires_at: datetime
    sealed: bytes = b""


class ErasureConfirmed(msgspec.Struct, frozen=True, tag="ErasureConfirmed"):
    """A person wants it; without a request it is theirs."""

    number: int
    by: str
    reason: str


class ErasureRefused(msgspec.Struct, frozen=True, tag="ErasureRefused"):
    """A person said no: everything goes on as before."""

    number: int
    by: str
    reason: str


class ErasureLapsed(msgspec.Struct, frozen=True, tag="ErasureLapsed"):
    """Nobody confirmed in time: everything goes on as before."""

    number: int


class DebtorErased(msgspec.Struct, frozen=True, tag="DebtorErased"):
    """The debtor's key is destroyed here; the others do the same when they hear of it."""

    number: int


ErasureEvent: TypeAlias = (
    ErasureRequested | ErasureConfirmed | ErasureRefused | ErasureLapsed | DebtorErased
)


class Erasure(msgspec.Struct, frozen=True, array_like=True):
    """What became of the latest of an account's requests, the `number`-th; `is_kept_over` says that
    it is nobody's wish, but follows from how long the creditor keeps closed accounts.
    """

    status: Status = "none"
    number: int = 0
    expires_at: datetime | None = None
    is_kept_over: bool = False


class Request(msgspec.Struct, frozen=True):
    """A message asks for the erasure."""

    message_id: str
    source: str
    expires_at: datetime
    sealed: bytes = b""


def request(state: Erasure, command: Request) -> list[ErasureEvent]:
    """Carry out what a person has confirmed; else it waits for one. One request waits at a time."""
    if state.status == "confirmed":
        return carry_out(state)
    if state.status in ("pending", "erased"):
        return []
    return [
        ErasureRequested(
            state.number + 1,
            command.message_id,
            command.source,
            command.expires_at,
            command.sealed,
        )
    ]


def carry_out(state: Erasure) -> list[ErasureEvent]:
    """What a person has confirmed happens, once."""
    return [DebtorErased(state.number)] if state.status == "confirmed" else []


def order(state: Erasure, by: str, reason: str) -> list[ErasureEvent]:
    """A person wants it, whether it was asked for or not.

    Until it is carried out it may be ordered again: what the first order led to may be lost.
    """
    if state.status == "erased":
        return []
    number = state.number if state.status in ("pending", "confirmed") else state.number + 1
    return [ErasureConfirmed(number, by, reason)]


def keep_on(state: Erasure, reason: str) -> list[ErasureEvent]:
    """The account is not closed any more: what follows from its having been is not carried out."""
    if state.status != "confirmed" or not state.is_kept_over:
        return []
    return [ErasureRefused(state.number, BY_RETENTION, reason)]


def confirm(state: Erasure, by: str, reason: str, now: datetime) -> list[ErasureEvent]:
    """A person confirms what was asked for, or once more what is not carried out yet."""
    if state.status == "confirmed":
        return order(state, by, reason)
    return [ErasureConfirmed(_pending(state, now), by, reason)]


def refuse(state: Erasure, by: str, reason: str, now: datetime) -> list[ErasureEvent]:
    """A person refuses what was asked for."""
    return [ErasureRefused(_pending(state, now), by, reason)]


def lapse(state: Erasure, now: datetime) -> list[ErasureEvent]:
    """The time to confirm is over."""
    expires = wake_at(state)
    return [] if expires is None or now < expires else [ErasureLapsed(state.number)]


def _pending(state: Erasure, now: datetime) -> int:
    expires = wake_at(state)
    if expires is None:
        raise Rejected("no erasure of this account waits for an answer")
    if expires <= now:
        raise Rejected("the time to answer is over: the erasure has lapsed")
    return state.number


def wake_at(state: Erasure) -> datetime | None:
    """When a request that waits lapses."""
    return state.expires_at if state.status == "pending" else None


def initial(_stream: str) -> Erasure:
    """Nobody asked for an erasure."""
    return Erasure()


evolve = evolver(
    {
        ErasureRequested: lambda _state, event: Erasure("pending", event.number, event.expires_at),
        ErasureConfirmed: lambda _state, event: Erasure(
            "confirmed", event.number, is_kept_over=event.by == BY_RETENTION
        ),
        ErasureRefused: lambda state, _event: replace(state, status="refused"),
        ErasureLapsed: lambda state, _event: replace(state, status="lapsed"),
        DebtorErased: lambda state, _event: replace(state, status="erased"),
    }
)
"""What is known of the erasure after an event."""
