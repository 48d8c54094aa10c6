"""Holds what happened against what a scenario expects: per local day, in any order within it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from arrears.scenario.effects import SNAPSHOTS, Then
from arrears.scenario.model import ScenarioFile
from arrears.scenario.seen import Seen, World

_TEXT_SHOWN = 1000
"""So much of a text is shown where it lacks something."""


@dataclass(frozen=True)
class Failure:
    """One thing that is not as the file says.

    `line` is the line in the file (None for an effect no line asks for), `day` the local day and
    `account` whose timeline explains it.
    """

    message: str
    day: date
    line: int | None = None
    account: str | None = None


async def compare(file: ScenarioFile, seen: Sequence[Seen], world: World) -> list[Failure]:
    """Return every expectation that was not met and every effect nobody expected, by day."""
    failures = _happened(file, seen)
    for index, expectation in enumerate(file.scenario.then):
        if expectation.kind in SNAPSHOTS:
            failures.extend(await _stands(file, index, expectation, world))
    return sorted(failures, key=_by_day_and_line)


def _by_day_and_line(failure: Failure) -> tuple[date, int]:
    return failure.day, failure.line or 1_000_000


def _happened(file: ScenarioFile, seen: Sequence[Seen]) -> list[Failure]:
    expected: dict[tuple[date, str], list[int]] = defaultdict(list)
    for index, expectation in enumerate(file.scenario.then):
        if expectation.kind not in SNAPSHOTS:
            expected[expectation.day, expectation.kind].append(index)
    found: dict[tuple[date, str], list[Seen]] = defaultdict(list)
    for effect in seen:
        found[effect.day, effect.kind].append(effect)
    failures = []
    for day, kind in sorted({*expected, *found}):
        if kind in SNAPSHOTS:
            continue
        indexes, effects = expected[day, kind], found[day, kind]
        pairs = _pair([file.scenario.then[i] for i in indexes], effects)
        failures.extend(_missing(file, indexes, pairs, effects))
        if kind in file.scenario.only:
            failures.extend(_surplus(effects, set(pairs.values())))
    return failures


def _missing(
    file: ScenarioFile, indexes: Sequence[int], pairs: Mapping[int, int], effects: Sequence[Seen]
) -> list[Failure]:
    left = [effect for place, effect in enumerate(effects) if place not in set(pairs.values())]
    failures = []
    for place, index in enumerate(indexes):
        if place in pairs:
            continue
        expectation = file.scenario.then[index]
        wanted = expectation.wanted()
        message = f"expected {describe(expectation.kind, wanted)}{_nearest(expectation, left)}"
        line = file.expectation_line(index)
        failures.append(Failure(message, expectation.day, line, wanted.get("account")))
    return failures


def _surplus(effects: Sequence[Seen], used: set[int]) -> list[Failure]:
    return [
        Failure(
            f"not expected: {describe(effect.kind, effect.fields)} at {effect.at:%H:%M}",
            effect.day,
            account=effect.account,
        )
        for place, effect in enumerate(effects)
        if place not in used
    ]


async def _stands(file: ScenarioFile, index: int, expectation: Then, world: World) -> list[Failure]:
    asked = expectation.wanted()
    found = await world.standing(expectation.kind, asked, expectation.day)
    if expectation.kind == "report":
        wanted, found = asked.get("values", {}), _values(found)
    else:
        wanted = {name: value for name, value in asked.items() if name != "account"}
    wrong = {k: found.get(k) for k, v in wanted.items() if not same(v, found.get(k))}
    if not wrong:
        return []
    name = expectation.what.name if expectation.kind == "report" else expectation.what.account
    message = (
        f"expected {expectation.kind} of {name} at the end of the day: "
        f"{_pairs({k: v for k, v in wanted.items() if k in wrong})}; found {_pairs(wrong)}"
    )
    line = file.expectation_line(index)
    return [Failure(message, expectation.day, line, asked.get("account"))]


def _values(report: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a report's values by dotted path."""
    flat: dict[str, Any] = {}
    for name, value in report.items():
        path = f"{prefix}{name}"
        flat.update(_values(value, f"{path}.") if isinstance(value, Mapping) else {path: value})
    return flat


def matches(expectation: Then, effect: Seen) -> bool:
    """Whether an effect is what an expectation asks for; a field left out matches anything."""
    return not differences(expectation, effect)


def differences(expectation: Then, effect: Seen) -> list[str]:
    """Say in which fields an effect of the same kind differs from what is expected."""
    wrong: list[str] = []
    for name, value in expectation.wanted().items():
        if name == "contains":
            wrong.extend(f"does not contain '{text}'" for text in value if text not in effect.text)
        elif not same(value, effect.fields.get(name)):
            wrong.append(f"{name} is {_shown(effect.fields.get(name))}")
    return wrong


def same(wanted: Any, found: Any) -> bool:
    """Whether two values say the same; numbers are compared as numbers, however written."""
    if wanted == found:
        return True
    if isinstance(wanted, int | Decimal) and not isinstance(wanted, bool):
        try:
            return Decimal(str(found)) == wanted
        except InvalidOperation:
            return False
    return isinstance(wanted, str) and found is not None and wanted == str(found)


def _pair(expectations: Sequence[Then], effects: Sequence[Seen]) -> dict[int, int]:
    """Give each expectation an effect of its own, as many as possible (augmenting paths).

    Taking the first that fits would fail a file whose loose expectation stands before a strict one.
    """
    fits = [[j for j, effect in enumerate(effects) if matches(e, effect)] for e in expectations]
    owner: dict[int, int] = {}

    def assign(place: int, tried: set[int]) -> bool:
        for effect in fits[place]:
            if effect in tried:
                continue
            tried.add(effect)
            if effect not in owner or assign(owner[effect], tried):
                owner[effect] = place
                return True
        return False

    for place in range(len(expectations)):
        assign(place, set())
    return {place: effect for effect, place in owner.items()}


def _nearest(expectation: Then, left: Sequence[Seen]) -> str:
    account = expectation.wanted().get("account")
    candidates = [effect for effect in left if account is None or effect.account == account]
    if not candidates:
        return ""
    best = min(candidates, key=lambda effect: len(differences(expectation, effect)))
    wrong = differences(expectation, best)
    lacks = best.text and any(word.startswith("does not contain") for word in wrong)
    text = f"; its text: {_one_line(best.text)}" if lacks else ""
    return f"; the nearest {'; '.join(wrong)}{text}"


def _one_line(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _TEXT_SHOWN else f"{words[:_TEXT_SHOWN]} …"


def describe(kind: str, fields: Mapping[str, Any]) -> str:
    """Write an effect the way a scenario file does."""
    return f"{kind}: {{{_pairs(fields)}}}"


def _pairs(fields: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {_shown(value)}" for name, value in fields.items())


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
