"""What is sealed opens where it was sealed for: moved by hand in the database it opens nothing."""

from typing import Any

import msgspec
import pytest

from chassis.errors import BrokenInvariant
from chassis.store.vault import KeyRing
from chassis.store.wrapping import Master
from contracts.words.streams import Subject
from tests.stored.aggregates import AGGREGATES

NO_SEALS = {"index"}
"""Bytes that a number is found by."""
ANN, BOB = Subject("acme", "ann"), Subject("acme", "bob")


def ring(service: str = "notifier", *, is_naming: bool = True, **wrapped: bytes) -> KeyRing:
    master = Master([bytes(32)], service=service)
    master.agree(is_naming)
    return KeyRing(master, {Subject("acme", name): key for name, key in wrapped.items()})


def test_an_address_put_in_the_place_of_a_note_shows_nothing() -> None:
    keys = ring()
    sealed = keys.seal(ANN, "+8613800000000", "address")
    assert keys.open(ANN, sealed, "address") == "+8613800000000"
    with pytest.raises(BrokenInvariant, match="sealed note"):
        keys.open(ANN, sealed, "note")


def test_what_is_of_one_debtor_or_service_shows_nothing_for_another() -> None:
    keys = ring()
    sealed = keys.seal(ANN, "Ann", "person")
    keys.seal(BOB, "Bob", "person")
    with pytest.raises(BrokenInvariant):
        keys.open(BOB, sealed, "person")
    before = ring(is_naming=False)  # whose wrapped key says nothing of a service
    before.seal(ANN, "Ann", "person")
    bound = ring("notifier", ann=before.fresh[ANN]).seal(ANN, "Ann", "person")
    with pytest.raises(BrokenInvariant):
        ring("legal", ann=before.fresh[ANN]).open(ANN, bound, "person")


def test_a_seal_is_not_taken_for_one_from_before() -> None:
    keys = ring()
    sealed = keys.seal(ANN, "Ann", "person")
    with pytest.raises(BrokenInvariant):
        keys.open(ANN, sealed[1:], "person")


def test_what_was_sealed_before_stays_readable() -> None:
    before = ring(is_naming=False)
    sealed = [before.seal(ANN, n, "number") for n in range(2000)]
    assert {one[0] for one in sealed} >= {0, 1}  # one begins as those from now on do
    now = ring(ann=before.fresh[ANN])
    assert [now.open(ANN, one, "number") for one in sealed] == list(range(2000))
    bound = now.seal(ANN, "7", "number")
    assert len(bound) == len(before.seal(ANN, "7", "number")) + 1
    assert ring(is_naming=False, ann=before.fresh[ANN]).open(ANN, bound, "number") == "7"


def _bytes_in(schema: Any, name: str = "") -> set[str]:
    """The names of the fields of a schema that hold bytes."""
    if isinstance(schema, list):
        return {found for one in schema for found in _bytes_in(one, name)}
    if not isinstance(schema, dict):
        return set()
    found = {name} if schema.get("contentEncoding") else set()
    for key, one in schema.items():
        if key == "properties":
            found |= {each for own, inner in one.items() for each in _bytes_in(inner, own)}
        else:
            found |= _bytes_in(one, name)
    return found


def test_what_is_sealed_of_a_debtor_as_one_thing_has_one_stream_it_can_stand_in() -> None:
    """So that what is bound to service, debtor and field is bound to its stream; who seals in a
    second kind of stream needs a field of its own for it.
    """
    found = {
        key: _bytes_in(msgspec.json.schema(aggregate.events)) - NO_SEALS
        for key, aggregate in AGGREGATES.items()
    }
    assert {key for key, names in found.items() if names} == {
        ("dunning", "account"),
        ("dunning", "creditor"),  # names of the creditor's people, under its own key
        ("ledger", "account"),  # packed items, which are not sealed
        ("ledger", "erasure"),  # the field `reason`
        ("ledger", "numbers"),  # the field `number`
        ("legal", "matter"),
        ("notifier", "account"),
    }
    keys = ring("ledger")
    moved = keys.seal(ANN, "7", "number")
    with pytest.raises(BrokenInvariant, match="sealed reason"):
        keys.open(ANN, moved, "reason")
