"""Every report name that packs may use is drawn up by the table."""

from datetime import date

import pytest

from services.dunning.policy import get
from services.dunning.policy.vocabulary import REPORTS as NAMES
from services.dunning.reports import REPORTS


def test_packs_may_name_just_the_reports_there_are() -> None:
    assert set(NAMES) == set(REPORTS)


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_report_of_nobody_is_drawn_up(name: str) -> None:
    report = REPORTS[name]
    values = report.draw([], date(2026, 3, 31), get("property-fees"))
    assert values["as_of"] == "2026-03-31"
