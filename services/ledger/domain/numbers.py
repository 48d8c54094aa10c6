"""Numbers as people write them, kept beside the ids they belong to: sealed, since a licence plate
is one too, in a stream of its own, so that accounts without numbers pay nothing for them.
"""

from typing import Literal, TypeAlias

import msgspec

from chassis.store.aggregate import evolver

Kind: TypeAlias = Literal["account", "invoice", "payment"]


class NumberNoted(msgspec.Struct, frozen=True, tag="NumberNoted"):
    """Something has a number: `sealed` opens with the debtor's key, `index` finds it."""

    kind: str
    id: str
    sealed: bytes
    index: bytes


class NumbersErased(msgspec.Struct, frozen=True, tag="NumbersErased"):
    """The debtor's key was destroyed, the numbers with it."""


NumberEvent = NumberNoted | NumbersErased


class Numbers(msgspec.Struct, frozen=True, array_like=True):
    """How many numbers an account's stream has noted."""

    count: int = 0


def initial(_stream: str) -> Numbers:
    """An account without numbers."""
    return Numbers()


evolve = evolver(
    {
        NumberNoted: lambda state, _event: Numbers(state.count + 1),
        NumbersErased: lambda _state, _event: Numbers(),
    }
)
"""The count after an event."""
