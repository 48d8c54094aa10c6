"""What holds for every aggregate of every service."""

import re
from typing import Any, get_args

import msgspec
import pytest

from chassis.errors import BrokenInvariant
from tests.stored.aggregates import AGGREGATES

SPELT = {
    "ledger": "CamelCase",
    "dunning": "CamelCase",
    "notifier": "snake_case",
    "legal": "snake_case",
}
"""How a service's stored event types are written: what is stored stays as it is."""

RENAMED = {"DeskOpened": "TillOpened", "DeskShut": "TillShut"}
"""Classes that have a better name by now; what they store keeps the one it had."""


class NeverHeardOf(msgspec.Struct, frozen=True, tag="NeverHeardOf"):
    """An event of no aggregate."""


def _events(key: tuple[str, str]) -> tuple[Any, ...]:
    events = AGGREGATES[key].events
    return get_args(events) or (events,)


@pytest.mark.parametrize("key", AGGREGATES, ids="-".join)
def test_an_event_nobody_knows_changes_no_state(key: tuple[str, str]) -> None:
    aggregate = AGGREGATES[key]
    with pytest.raises(BrokenInvariant, match="NeverHeardOf"):
        aggregate.evolve(aggregate.initial(f"{aggregate.name}-acme/P-1"), NeverHeardOf())


@pytest.mark.parametrize("key", AGGREGATES, ids="-".join)
def test_an_event_is_stored_under_the_name_of_its_class(key: tuple[str, str]) -> None:
    tags = {event.__name__: event.__struct_config__.tag for event in _events(key)}
    assert tags == {name: _spelt(RENAMED.get(name, name), SPELT[key[0]]) for name in tags}


def _spelt(name: str, how: str) -> str:
    return name if how == "CamelCase" else re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
