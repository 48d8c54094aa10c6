"""A scenario file that cannot be read is an error naming file, line and field."""

from datetime import datetime
from pathlib import Path

import pytest

from arrears.errors import FileError
from arrears.scenario.effects import DEFAULT_ONLY
from arrears.scenario.model import read_scenario

GOOD = """\
title: One bill
policy: mobile
opens: 2026-01-01
closes: 2026-02-28
given:
  accounts:
    - id: "0042"
      debtor: {name: 刘建国, kind: natural_person, phones: ["+8613800138009"]}
      agreement: {number: A-1, from: 2025-01-01}
when:
  - at: 2026-01-05
    invoice: {id: HF-1, account: 0042, item: fee, amount: 12850, due: 2026-01-31, period: 2025-12}
  - at: 2026-01-06 15:30
    apply: {account: 0042, for: hardship}
then:
  - {day: 2026-02-01, notice: {account: 0042, purpose: reminder, contains: [128.50]}}
  - {day: 2026-02-01, classified: {account: 0042, as: reasonable}}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "one.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(FileError) as caught:
        read_scenario(write(folder, text))
    return str(caught.value).replace(str(folder) + "/", "")


def test_a_date_means_ten_in_the_morning_and_a_time_is_kept(tmp_path: Path) -> None:
    scenario = read_scenario(write(tmp_path, GOOD)).scenario
    assert [entry.at for entry in scenario.when] == [
        datetime(2026, 1, 5, 10, 0),  # noqa: DTZ001
        datetime(2026, 1, 6, 15, 30),  # noqa: DTZ001
    ]


def test_text_that_looks_like_a_number_stays_as_it_is_written(tmp_path: Path) -> None:
    scenario = read_scenario(write(tmp_path, GOOD)).scenario
    assert scenario.given.accounts[0].id == "0042"
    assert scenario.when[0].what.account == "0042"
    assert scenario.when[0].what.period == "2025-12"
    assert scenario.then[0].what.contains == ["128.50"]


def test_an_expectation_wants_only_the_fields_it_gives(tmp_path: Path) -> None:
    scenario = read_scenario(write(tmp_path, GOOD)).scenario
    assert scenario.then[1].kind == "classified"
    assert scenario.then[1].wanted() == {"account": "0042", "as": "reasonable"}
    assert tuple(scenario.only) == DEFAULT_ONLY


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("amount: 12850", "amonut: 12850", "one.yaml:12: when[0].invoice.amonut: unknown field"),
        ("amount: 12850, ", "", "one.yaml:12: when[0].invoice.amount: is missing"),
        ("amount: 12850", "amount: 128.5", "one.yaml:12: when[0].invoice.amount: "),
        ("purpose: reminder", "purpose: nudge", "one.yaml:16: then[0].notice.purpose: "),
        (
            "at: 2026-01-06 15:30",
            "at: 6 January",
            "one.yaml:13: when[1].at: '6 January' is neither",
        ),
        (
            "day: 2026-02-01, class",
            "day: 2026-03-01, class",
            "one.yaml:17: then[1].day: is outside",
        ),
        (
            "at: 2026-01-06 15:30",
            "at: 2026-01-04",
            "one.yaml:13: when[1].at: 2026-01-04 10:00:00 is",
        ),
        ("title: One bill\n", "", "one.yaml:1: title: is missing"),
        ("closes: 2026-02-28", "closes: 2025-02-28", "one.yaml:1: closes (2025-02-28) before"),
        (
            "  - at: 2026-01-05\n",
            "  - at: 2026-01-05\n    hold: {account: A}\n",
            "one.yaml:11: when[0]: ",
        ),
        ("opens:", "policy: x\nopens:", "one.yaml:3: policy: is given twice, first on line 2"),
        ("title: One", "title: [One", "one.yaml:2: not YAML: did not find expected ',' or ']'"),
    ],
)
def test_what_does_not_fit_is_named_by_line_and_field(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert old in GOOD
    assert says in refusal(tmp_path, GOOD.replace(old, new, 1))


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("item: fee", "itm: fee").replace("for: hardship", "reason: none")
    said = refusal(tmp_path, text).splitlines()
    assert any(line.startswith("one.yaml:12: when[0].invoice.itm") for line in said)
    assert any(line.startswith("one.yaml:14: when[1].apply.for") for line in said)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.yaml:1: No such file"):
        read_scenario(tmp_path / "none.yaml")
