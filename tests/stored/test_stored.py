"""What earlier versions stored is read by this one.

How the two files were made is said in `record.py`.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.rolling.reading import as_recorded
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


@pytest.mark.parametrize("line", STREAMS, ids=lambda line: f"{line['service']} {line['stream']}")
def test_a_stored_stream_leads_to_the_same_state(line: dict[str, Any]) -> None:
    aggregate = AGGREGATES[line["service"], line["stream"].partition("-")[0]]
    state = aggregate.initial(line["stream"])
    for kind, data in line["events"]:
        event = aggregate.readers[kind](msgspec.json.encode(data))
        state = aggregate.evolve(state, event)

    assert facts(as_recorded(line["service"], state)) == facts(line["state"])
    assert aggregate.wake_at(state) == (line["wake"] and datetime.fromisoformat(line["wake"]))
