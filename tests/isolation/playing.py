"""Aggregates played from commands; whatever comes of them is published as the relay does it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from chassis.errors import NotFound, Rejected
from chassis.store.aggregate import Aggregate
from tests.isolation.test_every_event_can_be_published import require_published

S = TypeVar("S")
E = TypeVar("E")
Step = Callable[[Any], Iterable[Any]]
"""What comes of a state: events, or a refusal."""


def step(decide: Callable[..., Iterable[Any]], *given: Any) -> Step:
    """What a decider makes of a state and what is given."""
    return lambda state: decide(state, *given)


def kept(*events: Any) -> Step:
    """Events that no decider stands behind."""
    return lambda _state: events


def played(
    service: str, aggregate: Aggregate[S, E], stream: str, steps: Iterable[Step]
) -> Iterator[E]:
    """The events of the steps that were not refused; each is published on the way."""
    state = aggregate.initial(stream)
    for one in steps:
        try:
            events = tuple(one(state))
        except (Rejected, NotFound):
            continue
        for event in events:
            again = aggregate.decode_event(aggregate.encode_event(event))
            require_published(service, stream, again)
            state = aggregate.evolve(state, event)
            yield event
