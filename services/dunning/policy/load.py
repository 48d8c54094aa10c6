"""Reading packs: YAML, parameters, models."""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from chassis.errors import NotFound
from services.dunning.policy import document as yaml_document
from services.dunning.policy.document import Document
from services.dunning.policy.model import Pack
from services.dunning.policy.parameters import COMMON, Parameter, Value
from services.dunning.policy.parts import UNKNOWN
from services.dunning.policy.parts import Path as Place
from services.dunning.policy.problem import PackError, Problem
from services.dunning.policy.unsupported import unsupported

SHIPPED = Path(__file__).resolve().parent.parent / "policies"
_MADE_HERE = ("values", "overrides", "content_hash", "document")


def load(path: str | Path, called: str = "") -> Pack:
    """Read one pack file, `called` so where it is told of faults: else by its path.

    Raises PackError, whose problems name file, line and field, also for parts of the format that
    this version does not carry out, and NotFound when there is no such file.
    """
    file = Path(path)
    name = called or str(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        raise NotFound(f"no policy pack file {name}") from None
    except UnicodeDecodeError as error:
        raise PackError([Problem(name, 1, "", f"not UTF-8 text: {error.reason}")]) from error
    return _build(yaml_document.parse(name, text), {})


def loads(text: str, file: str = "pack.yaml") -> Pack:
    """Read a pack from a string."""
    return _build(yaml_document.parse(file, text), {})


def with_parameters(pack: Pack, overrides: Mapping[str, Any]) -> Pack:
    """Return the pack with figures changed by name, on top of what was changed before.

    Raises PackError for a name the pack does not have and a value outside its type or range.
    """
    if not overrides:
        return pack
    if pack.document is None:
        raise ValueError("a pack that was not read from a file cannot take parameters")
    return _build(pack.document, {**pack.overrides, **overrides})


class Packs(NamedTuple):
    """The packs of a folder, by id and version, and what is wrong with files that are none.

    A file that cannot be read stops whoever needs it, and nobody else; `broken` is by the pack id
    the file gives, else its name.
    """

    packs: tuple[Pack, ...]
    broken: Mapping[str, PackError] = {}

    def get(self, pack_id: str, version: int | None = None) -> Pack:
        """One pack, the newest version when none is named.

        Raises NotFound, and PackError when a file of that id cannot be read: it might be the one.
        """
        named = [pack for pack in self.packs if pack.id == pack_id]
        wanted = [pack for pack in named if version is None or pack.version == version]
        if wanted and (version is not None or pack_id not in self.broken):
            return wanted[-1]
        if pack_id in self.broken:
            raise self.broken[pack_id]
        if named:
            raise NotFound(f"policy pack {pack_id} has no version {version}")
        known = ", ".join(sorted({pack.id for pack in self.packs} | set(self.broken)))
        raise NotFound(f"no policy pack {pack_id!r}; there are: {known}")


def read_folder(folder: Path) -> Packs:
    """Read every pack file of a folder. They go by their names: who is told of a fault over HTTP
    does not learn where the service is installed.
    """
    packs: list[Pack] = []
    broken: dict[str, list[Problem]] = {}
    for file in sorted(folder.glob("*.yaml")):
        try:
            packs.append(load(file, file.name))
        except PackError as error:
            broken.setdefault(_named(file), []).extend(error.problems)
    ordered = tuple(sorted(packs, key=lambda pack: (pack.id, pack.version)))
    return Packs(ordered, {name: PackError(problems) for name, problems in broken.items()})


@lru_cache(maxsize=1)
def shipped() -> Packs:
    """The packs that ship with the service."""
    return read_folder(SHIPPED)


def available() -> list[Pack]:
    """List the packs that ship with the service, by id and version; those that can be read."""
    return list(shipped().packs)


def get(pack_id: str, version: int | None = None) -> Pack:
    """Return a shipped pack, the newest version when none is named; raises NotFound, and PackError
    for one whose file cannot be read.
    """
    return shipped().get(pack_id, version)


def _named(file: Path) -> str:
    """The id a file that is no pack gives itself."""
    text = file.read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^id:[ \t]*([a-z][a-z0-9-]*)", text, re.MULTILINE)
    return found[1] if found else file.stem


def _build(source: Document, overrides: Mapping[str, Any]) -> Pack:
    problems: list[Problem] = []
    parameters = _parameters(source, problems)
    values = _values(source, parameters, overrides, problems)
    used: set[str] = set()
    data = _resolve(source.data, (), source, values, used, problems)
    data["parameters"] = parameters
    problems += [
        source.problem((name,), "is worked out, not written")
        for name in _MADE_HERE
        if name in source.data
    ]
    own = set(parameters) - set(COMMON)
    problems += [
        source.problem(("parameters", name), "is used nowhere") for name in sorted(own - used)
    ]
    data.setdefault("contact", _contact(values))
    for name in ("step_time", "minimum_overdue", "unmatched_days", "fallback"):
        data.setdefault(name, values.get(name))
    data |= {
        "values": values,
        "overrides": dict(overrides),
        "content_hash": _hash(source.data),
        "document": source,
    }
    try:
        pack = Pack.model_validate(data)
    except ValidationError as error:
        problems += _problems(source, error)
        raise PackError(problems) from None
    problems += [source.problem(path, text) for path, text in unsupported(pack)]
    if problems:
        raise PackError(problems)
    return pack


def _parameters(source: Document, problems: list[Problem]) -> dict[str, Parameter]:
    declared = source.data.get("parameters") or {}
    if not isinstance(declared, dict):
        problems.append(source.problem(("parameters",), "must map names to parameters"))
        declared = {}
    result: dict[str, Parameter] = {}
    for name, body in {**COMMON, **declared}.items():
        try:
            result[name] = Parameter.model_validate(body)
        except ValidationError as error:
            problems += _problems(source, error, ("parameters", name))
    return result


def _values(
    source: Document,
    parameters: Mapping[str, Parameter],
    overrides: Mapping[str, Any],
    problems: list[Problem],
) -> dict[str, Value]:
    for name in sorted(set(overrides) - set(parameters)):
        known = ", ".join(sorted(parameters))
        problems.append(
            source.problem(
                ("parameters",), f"no parameter {name!r} to override; there are: {known}"
            )
        )
    values: dict[str, Value] = {}
    for name, parameter in parameters.items():
        try:
            values[name] = parameter.read(overrides.get(name, parameter.default))
        except ValueError as error:
            problems.append(source.problem(("parameters", name), str(error)))
    return values


def _resolve(
    value: Any,
    path: Place,
    source: Document,
    values: Mapping[str, Value],
    used: set[str],
    problems: list[Problem],
) -> Any:
    """Replace every `$name` by its value, outside the parameters themselves."""
    if isinstance(value, dict):
        return {
            key: _resolve(child, (*path, key), source, values, used, problems)
            for key, child in value.items()
            if path or key != "parameters"
        }
    if isinstance(value, list):
        return [
            _resolve(child, (*path, i), source, values, used, problems)
            for i, child in enumerate(value)
        ]
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    name = value[1:]
    used.add(name)
    if name in values:
        return values[name]
    declared = source.data.get("parameters") or {}
    if name not in declared:
        problems.append(source.problem(path, f"no parameter {name!r}"))
    return None


def _contact(values: Mapping[str, Value]) -> dict[str, Any]:
    return {
        "from": values.get("contact_from"),
        "until": values.get("contact_until"),
        "contacts_max": values.get("contacts_max"),
        "window_days": values.get("contacts_window_days"),
        "calls_per_day_max": values.get("calls_per_day_max"),
    }


def hash_of(text: str) -> str:
    """The hash that a pack of this text has; empty where it is no YAML of ours."""
    try:
        return _hash(yaml_document.parse("", text).data)
    except PackError:
        return ""


def _hash(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _has_fault_inside(path: Place, faults: list[ErrorDetails]) -> bool:
    return any(f["loc"][: len(path)] == path and len(f["loc"]) > len(path) for f in faults)


def _problems(source: Document, error: ValidationError, prefix: Place = ()) -> list[Problem]:
    found: list[Problem] = []
    faults = error.errors(include_url=False, include_input=False)
    for fault in faults:
        if fault["type"] == "too_short" and _has_fault_inside(fault["loc"], faults):
            continue  # an entry that could not be read is not missing as well
        path = (*prefix, *fault["loc"], *_named_in(fault))
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            message = "unknown field"
        elif fault["type"] == "missing":
            message = "is missing"
        place = source.place(path)
        if fault["type"] == "missing":
            place = (*source.place(path[:-1]), path[-1])
        found.append(source.problem(place, message[:1].lower() + message[1:]))
    return found


def _named_in(fault: ErrorDetails) -> Place:
    """The field that an error names itself, below its place (`parts.unknown`)."""
    return (fault["ctx"]["field"],) if fault["type"] == UNKNOWN else ()
