"""A played scenario is held against its file; what differs is told so that a person understands."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from arrears.scenario.compare import Failure, compare
from arrears.scenario.model import ScenarioFile, read_scenario
from arrears.scenario.report import Outcome, lines, totals
from arrears.scenario.seen import Seen

HEAD = "title: T\npolicy: mobile\nopens: 2026-01-01\ncloses: 2026-01-31\n"


class Standing:
    """A world in which everything stands as told."""

    def __init__(self, **stands: dict[str, Any]) -> None:
        self.stands = stands

    async def effects(self) -> list[Seen]:
        return []

    async def standing(self, kind: str, wanted: Mapping[str, Any], day: date) -> dict[str, Any]:
        return self.stands[kind]


def scenario(folder: Path, then: str, tail: str = "") -> ScenarioFile:
    path = folder / "one.yaml"
    path.write_text(f"{HEAD}then:\n{then}\n{tail}", encoding="utf-8")
    return read_scenario(path)


def notice(day: int, text: str = "", **fields: str) -> Seen:
    return Seen("notice", datetime(2026, 1, day, 9), {"account": "A", **fields}, text)  # noqa: DTZ001


async def messages(file: ScenarioFile, *seen: Seen, **stands: dict[str, Any]) -> list[str]:
    return [failure.message for failure in await compare(file, seen, Standing(**stands))]


async def test_an_effect_satisfies_one_expectation_only(tmp_path: Path) -> None:
    file = scenario(tmp_path, "  - {day: 2026-01-02, notice: {account: A}}\n" * 2)
    assert await messages(file, notice(2), notice(2)) == []
    assert await messages(file, notice(2)) == ["expected notice: {account: A}"]


async def test_a_loose_expectation_leaves_the_strict_one_its_effect(tmp_path: Path) -> None:
    file = scenario(
        tmp_path,
        "  - {day: 2026-01-02, notice: {account: A}}\n"
        "  - {day: 2026-01-02, notice: {account: A, channel: sms}}",
    )
    assert await messages(file, notice(2, channel="sms"), notice(2, channel="letter")) == []


async def test_an_effect_on_another_day_is_missing_here_and_surplus_there(tmp_path: Path) -> None:
    file = scenario(tmp_path, "  - {day: 2026-01-02, notice: {account: A}}")
    failures = await compare(file, [notice(3)], Standing())
    assert failures == [
        Failure("expected notice: {account: A}", date(2026, 1, 2), 6, "A"),
        Failure("not expected: notice: {account: A} at 09:00", date(2026, 1, 3), None, "A"),
    ]


async def test_kinds_left_out_of_only_may_happen_unasked(tmp_path: Path) -> None:
    file = scenario(tmp_path, "  []", "only: [task]\n")
    assert await messages(file, notice(3)) == []


async def test_the_nearest_effect_says_what_differs(tmp_path: Path) -> None:
    file = scenario(
        tmp_path,
        '  - {day: 2026-01-02, notice: {account: A, channel: letter, contains: ["128.50"]}}',
        "only: [task]\n",
    )
    (message,) = await messages(file, notice(2, "owes 12.85", channel="sms"))
    assert message.endswith(
        "; the nearest channel is sms; does not contain '128.50'; its text: owes 12.85"
    )


async def test_a_balance_is_compared_at_the_end_of_its_day(tmp_path: Path) -> None:
    file = scenario(
        tmp_path, "  - {day: 2026-01-02, balance: {account: A, principal: 5, total: 6}}"
    )
    assert await messages(file, balance={"principal": 5, "late_fee": 1, "total": 6}) == []
    assert await messages(file, balance={"principal": 5, "late_fee": 0, "total": 5}) == [
        "expected balance of A at the end of the day: total: 6; found total: 5"
    ]


async def test_report_values_are_found_by_dotted_path(tmp_path: Path) -> None:
    file = scenario(
        tmp_path,
        "  - {day: 2026-01-02, report: {name: rate, values: {collection.rate: 85.5}}}\n"
        "  - {day: 2026-01-02, report: {name: rate, values: {collection.rate: 80}}}",
    )
    (message,) = await messages(file, report={"collection": {"rate": "85.50"}})
    assert message.endswith("collection.rate: 80; found collection.rate: 85.50")


async def test_a_failure_is_told_with_its_day_and_the_whole_timeline(tmp_path: Path) -> None:
    file = scenario(
        tmp_path, "  - {day: 2026-01-02, task: {account: A, kind: visit}}", "only: []\n"
    )
    seen = [notice(2, channel="sms"), notice(9, channel="letter")]
    outcome = Outcome(file, seen, await compare(file, seen, Standing()))
    told = "\n".join(lines(outcome)).replace(f"{tmp_path}/", "")
    assert told == (
        "FAIL  one.yaml  T\n"
        "  one.yaml:6: 2026-01-02: expected task: {account: A, kind: visit}\n"
        "    on 2026-01-02 this happened:\n"
        "      09:00 notice: {account: A, channel: sms}\n"
        "  timeline of A:\n"
        "    2026-01-02 09:00 notice: {account: A, channel: sms}\n"
        "    2026-01-09 09:00 notice: {account: A, channel: letter}"
    )
    assert totals([outcome, Outcome(file)]) == "1 passed, 1 failed"
