"""The table of OWASP ASVS has every requirement once and names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
IDS = Path(__file__).with_name("asvs_ids.txt").read_text().split()
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in (ROOT / "docs" / "asvs.md").read_text().splitlines()
    if line.startswith("| V")
]


def test_every_requirement_of_levels_1_and_2_is_there_once() -> None:
    listed = [one for row in ROWS for one in row[0].split(", ")]
    assert sorted(listed) == sorted(IDS)


def test_a_row_is_met_by_a_test_that_exists_or_says_why_not() -> None:
    for ids, _, status, shown in ROWS:
        assert status in {"met", "not applicable", "open"}, ids
        assert shown, ids
        if status == "met":
            path, name = shown.strip("`").split("::")
            assert re.search(rf"def {name}\(", (ROOT / path).read_text()), shown
