"""Reads what a version says and stores with the code of the version that runs this.

python -m reading FOLDER, where `contracts` and `tests/stored` of a version lie in that folder:
prints what could not be read as JSON, by name, and in which forms this version keeps its states.
"""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from chassis.store.forms import form_of
from contracts.codec import decode
from contracts.registry import MODELS
from tests.stored.aggregates import AGGREGATES
from tests.stored.facts import facts

Failed = dict[str, str]

_IN_FULL = {"notifier", "legal"}
"""Whose states were recorded with what says nothing."""


def failed(folder: Path) -> Failed:
    """What of another version's samples this one cannot read, and why."""
    return _messages(folder / "contracts/samples") | _stored(folder / "tests/stored")


def forms() -> dict[str, str]:
    """The forms of the states, by service and aggregate."""
    return {" ".join(key): form_of(aggregate) for key, aggregate in AGGREGATES.items()}


def _messages(folder: Path) -> Failed:
    found: Failed = {}
    for path in sorted(folder.glob("*.json")):
        try:
            message = decode(path.read_bytes())
            MODELS[path.stem].model_validate_json(msgspec.json.encode(message.data))
        except Exception as error:  # noqa: BLE001
            found[path.stem] = f"{type(error).__name__}: {error}"
    return found


def _stored(folder: Path) -> Failed:
    found: Failed = {}
    for line in _lines(folder / "samples.jsonl"):
        name = f"{line['service']} {line['aggregate']} {line['type']}"
        try:
            aggregate = AGGREGATES[line["service"], line["aggregate"]]
            aggregate.readers[line["type"]](msgspec.json.encode(line["data"]))
        except Exception as error:  # noqa: BLE001
            found[name] = f"{type(error).__name__}: {error}"
    for line in _lines(folder / "streams.jsonl"):
        name = f"{line['service']} {line['stream']}"
        aggregate = AGGREGATES[line["service"], line["stream"].partition("-")[0]]
        try:
            state = aggregate.initial(line["stream"])
            for kind, data in line["events"]:
                event = aggregate.readers[kind](msgspec.json.encode(data))
                state = aggregate.evolve(state, event)
        except Exception as error:  # noqa: BLE001
            found[name] = f"{type(error).__name__}: {error}"
            continue
        if facts(as_recorded(line["service"], state)) != facts(line["state"]):
            found[name] = "leads to another state"
    return found


def as_recorded(service: str, state: Any) -> Any:
    """A state as JSON, in full where it was recorded so."""
    return _in_full(state) if service in _IN_FULL else _as_kept(state)


def _in_full(value: Any) -> Any:
    if isinstance(value, msgspec.Struct) and not value.__struct_config__.array_like:
        told = {one.encode_name: getattr(value, one.name) for one in msgspec.structs.fields(value)}
        return {name: _in_full(each) for name, each in told.items() if each is not msgspec.UNSET}
    if isinstance(value, dict):
        return {key: _in_full(each) for key, each in value.items()}
    return [_in_full(each) for each in value] if isinstance(value, tuple) else _as_kept(value)


def _as_kept(value: Any) -> Any:
    return json.loads(msgspec.json.encode(value))


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    sys.stdout.write(json.dumps([failed(Path(sys.argv[1])), forms()]))
