"""Plays scenarios and keeps what the services stored: events by their form, and whole streams.

    python -m tests.stored.record FOLDER SCENARIO...

Run it in a checkout of the version whose stored form is to be kept; it writes `samples.jsonl` and
`streams.jsonl` into the folder. Both in this folder were made from every scenario there was
(`tests/scenarios` with all its folders, and the examples that the policies come with) by the last
version before the first stored form was changed on purpose. They are not made again: they stand
for the databases out there. Events of an aggregate that came later are added by hand.

A line of `samples.jsonl` is one event: one for every service, aggregate, type and form of its data
(the names of what is set, in the event and inside it), and of every type one with everything set
(`filled.py`), since some types come in no scenario. A line of `streams.jsonl` is a whole stream
with the state it led to (as `msgspec.to_builtins` writes it) and its next wake-up.
"""

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from arrears.scenario.model import read_scenario
from arrears.scenario.play import play
from arrears.scenario.worlds import open_scenario_world
from chassis.settings import Settings
from chassis.store.packing import unpacked
from tests.stored.filled import filled

_EVENTS = "select stream, type, data from events order by stream, version"
_STATES = "select stream, data, wake_at from state"
_STREAMS_MAX = 10
"""How many streams of one aggregate are kept whole."""


class Event(NamedTuple):
    type: str
    data: Any
    shape: str


class Stream(NamedTuple):
    service: str
    stream: str
    events: list[Event]
    state: Any
    wake: str | None

    @property
    def aggregate(self) -> str:
        return self.stream.partition("-")[0]


async def main(folder: Path, files: list[Path]) -> None:
    """Play the scenarios and write both files."""
    streams: list[Stream] = []
    made: list[dict[str, Any]] = []
    async with open_scenario_world(Settings(), "embedded") as world:
        for service in world.stack.services.values():
            made += _filled(service)
        for file in files:
            await play(world, read_scenario(file))
            for service in world.stack.services.values():
                streams += await _streams(service)
    _write(folder / "samples.jsonl", [*_samples(streams), *made])
    _write(folder / "streams.jsonl", _whole(streams))


async def _streams(service: Any) -> list[Stream]:
    by_stream: dict[str, list[Event]] = defaultdict(list)
    for stream, kind, raw in await service.pool.fetch(_EVENTS):
        data = json.loads(unpacked(raw))
        by_stream[stream].append(Event(kind, data, _shape(data)))
    decode = {each.name: each.decode_state for each in service.blueprint.aggregates}
    found = []
    for stream, raw, wake in await service.pool.fetch(_STATES):
        state = msgspec.to_builtins(decode[stream.partition("-")[0]](raw))
        at = wake.isoformat() if wake else None
        found.append(Stream(service.name, stream, by_stream[stream], state, at))
    return found


def _shape(value: Any) -> str:
    """What is set in a value; names made of figures (of items, of days) count as one."""
    if isinstance(value, dict):
        inside = {_key(key): _shape(each) for key, each in value.items()}
        return "{" + ",".join(f"{key}{inside[key]}" for key in sorted(inside)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(sorted({_shape(each) for each in value})) + "]"
    return ""


def _key(key: str) -> str:
    return "*" if any(letter.isdigit() or letter == "-" for letter in key) else key


def _filled(service: Any) -> Iterable[dict[str, Any]]:
    for aggregate, kind, data in filled(service.blueprint.aggregates):
        yield {"service": service.name, "aggregate": aggregate, "type": kind, "data": data}


def _samples(streams: list[Stream]) -> Iterable[dict[str, Any]]:
    seen: dict[tuple[str, str, str, str], Any] = {}
    for stream in streams:
        for event in stream.events:
            key = (stream.service, stream.aggregate, event.type, event.shape)
            seen.setdefault(key, event.data)
    for (service, aggregate, kind, _), data in sorted(seen.items(), key=lambda pair: pair[0]):
        yield {"service": service, "aggregate": aggregate, "type": kind, "data": data}


def _whole(streams: list[Stream]) -> Iterable[dict[str, Any]]:
    by_aggregate: dict[tuple[str, str], list[Stream]] = defaultdict(list)
    for stream in streams:
        by_aggregate[stream.service, stream.aggregate].append(stream)
    for key in sorted(by_aggregate):
        for stream in _richest(by_aggregate[key]):
            events = [[event.type, event.data] for event in stream.events]
            yield {
                "service": stream.service,
                "stream": stream.stream,
                "wake": stream.wake,
                "state": stream.state,
                "events": events,
            }


def _richest(streams: list[Stream]) -> Iterable[Stream]:
    """Those that show the most forms of events together, the one that adds the most first."""
    shown: set[tuple[str, str]] = set()
    for _ in range(_STREAMS_MAX):
        best = max(streams, key=lambda each: len(_forms(each) - shown))
        if not _forms(best) - shown:
            return
        shown |= _forms(best)
        yield best


def _forms(stream: Stream) -> set[tuple[str, str]]:
    return {(event.type, event.shape) for event in stream.events}


def _write(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]))
