"""What was recorded: a creditor's billing events and set-up, from a file or the running system."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from arrears import apis
from arrears.billing import Event
from arrears.databases import open_databases
from arrears.errors import Fault, FileError, UsageError
from arrears.listening import Listener
from arrears.policy_simulation.people import FACTS
from arrears.stack import open_bus
from chassis.settings import Settings

_ANSWERS = ("dunning", "notifier", "legal")
_CREDITORS = "creditors.json"


@dataclass(frozen=True)
class Span:
    """Local days, both included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.first, time(), self.zone)

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)

    def holds(self, event: Event) -> bool:
        """Whether a message falls into it."""
        return self.begins <= instant(event) < self.ends


@dataclass(frozen=True)
class Recorded:
    """A creditor's set-up as dunning's API takes it, the billing events and the facts people
    recorded, both from the beginning to the last day, and what the services said in the days (None
    where that is not known).
    """

    set_up: Mapping[str, Any]
    span: Span
    events: Sequence[Event]
    facts: Sequence[Event] = ()
    answers: Sequence[Event] | None = None

    @property
    def begins(self) -> datetime:
        """When playing begins: debts older than the days are carried into them."""
        return min([self.span.begins, *map(instant, (*self.events[:1], *self.facts[:1]))])

    @property
    def counted(self) -> int:
        """How many of the billing events fall into the days."""
        return sum(map(self.span.holds, self.events))


def instant(event: Event) -> datetime:
    """When a message was said."""
    return datetime.fromisoformat(event["time"])


def from_file(path: Path, creditor: str, days: tuple[date, date], present: str | None) -> Recorded:
    """Events of a JSONL export; the set-up is that of `creditors.json` beside it.

    `present` names the pack to compare with where there is no such file. Raises FileError and
    UsageError.
    """
    set_up = _set_up_beside(path, creditor)
    if present is not None:
        set_up = set_up | {"policy": present}
    elif "policy" not in set_up and "policy_document" not in set_up:
        raise UsageError(f"{path.parent / _CREDITORS}: has no {creditor}; --present names its pack")
    span = Span(*days, ZoneInfo(set_up["time_zone"]))
    told = _lines(path)
    return Recorded(set_up, span, _billing(told, creditor, span), _facts(told, creditor, span))


KEPT = ("name", "time_zone", "currency", "languages", "calendar")
"""What a set-up says beside the policy."""


async def from_system(settings: Settings, creditor: str, days: tuple[date, date]) -> Recorded:
    """Events of the running system's billing log, its set-up, and what it did about them."""
    async with apis.running(settings) as system:
        shown = await system.get("dunning", f"/v1/creditors/{creditor}")
        policy = await system.get("dunning", f"/v1/creditors/{creditor}/policy")
    set_up = {name: shown[name] for name in KEPT if name in shown}
    set_up |= {"policy_document": policy["document"], "parameters": policy["parameters"]}
    span = Span(*days, ZoneInfo(shown["time_zone"]))
    async with open_databases(settings, ()) as databases, open_bus(settings, databases) as bus:
        listener = Listener(bus, ("billing", *_ANSWERS))
        await listener.from_the_start()
        told = [event async for event in listener.messages()]
    answers = [event for event in told if event["type"].partition(".")[0] in _ANSWERS]
    answers = [event for event in answers if span.holds(event)]
    billing, facts = _billing(told, creditor, span), _facts(told, creditor, span)
    return Recorded(set_up, span, billing, facts, answers)


def _billing(told: Iterable[Event], creditor: str, span: Span) -> list[Event]:
    return _until(span, creditor, (one for one in told if one["type"].startswith("billing.")))


def _facts(told: Iterable[Event], creditor: str, span: Span) -> list[Event]:
    return _once(_until(span, creditor, (one for one in told if one["type"] in FACTS)))


def _once(facts: Iterable[Event]) -> list[Event]:
    """What was agreed is told again under its id when it runs again: people recorded it once."""
    first: dict[object, Event] = {}
    for fact in facts:
        agreed = fact["data"].get("promise_id") or fact["data"].get("plan_id")
        first.setdefault((fact["type"], agreed) if agreed else len(first), fact)
    return list(first.values())


def _until(span: Span, creditor: str, events: Iterable[Event]) -> list[Event]:
    """The creditor's events up to the last day, oldest first."""
    mine = [one for one in events if one.get("creditor") == creditor and instant(one) < span.ends]
    return sorted(mine, key=instant)


def _set_up_beside(path: Path, creditor: str) -> dict[str, Any]:
    default = {"name": creditor, "time_zone": "Asia/Shanghai", "currency": "CNY"}
    file = path.parent / _CREDITORS
    if not file.exists():
        return default
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{file}: is not JSON: {error}") from error
    for one in known:
        if one.get("id") == creditor:
            return {name: value for name, value in one.items() if name != "id"}
    return default


def _lines(path: Path) -> list[Event]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    events = []
    for number, line in enumerate(lines, start=1):
        try:
            event = orjson.loads(line)
            instant(event)
            event["type"].startswith("")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            message = "is no CloudEvent with a type and a time"
            raise FileError(path, [Fault(number, "", message)]) from error
        events.append(event)
    return events
