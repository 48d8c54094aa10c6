"""A scenario file: what comes in, on which day, and what must go out."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from arrears.errors import Fault, FileError
from arrears.marked_yaml import Marked, read_model
from arrears.scenario.effects import DEFAULT_ONLY, EffectKind, Then
from arrears.scenario.inputs import Account, Part, When
from contracts.words.workdays import is_country


class Given(Part):
    accounts: list[Account] = []


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"there is no time zone {name!r}")
    return name


def _known_country(code: str) -> str:
    if not is_country(code):
        raise ValueError(f"the calendar of {code!r} is not known")
    return code


class Scenario(Part):
    """The whole file; instants in it are local to the creditor."""

    title: str
    policy: str
    parameters: dict[str, Any] = {}
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    calendar: Annotated[str, AfterValidator(_known_country)] | list[date] | None = None
    opens: date
    closes: date
    given: Given = Given()
    when: list[When] = []
    then: list[Then] = []
    only: list[EffectKind] = Field(default=list(DEFAULT_ONLY))

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Scenario":
        if self.closes < self.opens:
            raise ValueError(f"closes ({self.closes}) before it opens ({self.opens})")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The creditor's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def begins_at(self) -> datetime:
        """First local instant: 00:00 of the day it opens."""
        return datetime.combine(self.opens, time())

    @property
    def ends_at(self) -> datetime:
        """Last local instant: the end of the day it closes."""
        return datetime.combine(self.closes, time()) + timedelta(days=1, microseconds=-1)


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario and where its parts stand in the file."""

    path: Path
    scenario: Scenario
    marked: Marked

    def input_line(self, index: int) -> int:
        return self.marked.line(("when", index))

    def expectation_line(self, index: int) -> int:
        return self.marked.line(("then", index))


def read_scenario(path: Path) -> ScenarioFile:
    """Read a scenario file; raises FileError naming file, line and field of everything wrong in
    it.
    """
    scenario, marked = read_model(path, Scenario)
    faults = [*_account_faults(scenario, marked), *_time_faults(scenario, marked)]
    if faults:
        raise FileError(path, faults)
    return ScenarioFile(path, scenario, marked)


def _account_faults(scenario: Scenario, marked: Marked) -> list[Fault]:
    seen: set[str] = set()
    faults = []
    for index, account in enumerate(scenario.given.accounts):
        where = ("given", "accounts", index, "id")
        field = f"given.accounts[{index}]"
        if account.id in seen:
            message = f"'{account.id}' is given twice"
            faults.append(Fault(marked.line(where), f"{field}.id", message))
        if account.debtor is None:
            faults.append(Fault(marked.line(where), f"{field}.debtor", "is missing"))
        seen.add(account.id)
    return faults


def _time_faults(scenario: Scenario, marked: Marked) -> list[Fault]:
    faults = []
    latest = scenario.begins_at
    for index, entry in enumerate(scenario.when):
        where, field = ("when", index, "at"), f"when[{index}].at"
        if not scenario.begins_at <= entry.at <= scenario.ends_at:
            faults.append(Fault(marked.line(where), field, _outside(scenario)))
        elif entry.at < latest:
            message = f"{entry.at} is before the input above it ({latest}): inputs stand in order"
            faults.append(Fault(marked.line(where), field, message))
        latest = max(latest, entry.at)
    for index, expectation in enumerate(scenario.then):
        if not scenario.opens <= expectation.day <= scenario.closes:
            where = ("then", index, "day")
            faults.append(Fault(marked.line(where), f"then[{index}].day", _outside(scenario)))
    return faults


def _outside(scenario: Scenario) -> str:
    return f"is outside {scenario.opens} to {scenario.closes}"
