"""What earlier versions stored is read by this one.

How the two files were made is said in `record.py`.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.stored.aggregates import AGGREGATES
from tests.stored.facts import facts

_HERE = Path(__file__).parent


def _lines(name: str) -> list[dict[str, Any]]:
    text = (_HERE / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


SAMPLES = _lines("samples.jsonl")
STREAMS = _lines("streams.jsonl")


@pytest.mark.parametrize("key", AGGREGATES, ids="-".join)
def test_every_stored_event_is_read(key: tuple[str, str]) -> None:
    aggregate = AGGREGATES[key]
    samples = [each for each in SAMPLES if (each["service"], each["aggregate"]) == key]
    for sample in samples:
        read = aggregate.readers[sample["type"]]
        event = read(msgspec.json.encode(sample["data"]))
        again = aggregate.encode_event(event)
        assert aggregate.decode_event(again) == event
        if sample["type"] not in aggregate.upcasts:
            assert _with_defaults(event, json.loads(again)) == _with_defaults(event, sample["data"])
    assert samples


def _with_defaults(event: Any, data: dict[str, Any]) -> dict[str, Any]:
    """What is stored of an event, and what is not since it says nothing new: a field that is not
    read any more shows.
    """
    defaults = {f.encode_name: f.default for f in msgspec.structs.fields(event)}
    known = {name: value for name, value in defaults.items() if value is not msgspec.NODEFAULT}
    return {**json.loads(msgspec.json.encode(known)), **data}


def _as_kept(value: Any) -> Any:
    return json.loads(msgspec.json.encode(value))


def in_full(value: Any) -> Any:
    """The same with what is not kept any more where it says nothing."""
    if isinstance(value, msgspec.Struct) and not value.__struct_config__.array_like:
        told = {one.encode_name: getattr(value, one.name) for one in msgspec.structs.fields(value)}
        return {name: in_full(each) for name, each in told.items() if each is not msgspec.UNSET}
    if isinstance(value, dict):
        return {key: in_full(each) for key, each in value.items()}
    return [in_full(each) for each in value] if isinstance(value, tuple) else _as_kept(value)


@pytest.mark.parametrize("line", STREAMS, ids=lambda line: f"{line['service']} {line['stream']}")
def test_a_stored_stream_leads_to_the_same_state(line: dict[str, Any]) -> None:
    aggregate = AGGREGATES[line["service"], line["stream"].partition("-")[0]]
    state = aggregate.initial(line["stream"])
    for kind, data in line["events"]:
        event = aggregate.readers[kind](msgspec.json.encode(data))
        state = aggregate.evolve(state, event)

    now = in_full(state) if line["service"] in {"notifier", "legal"} else _as_kept(state)
    assert facts(now) == facts(line["state"])
    assert aggregate.wake_at(state) == (line["wake"] and datetime.fromisoformat(line["wake"]))
