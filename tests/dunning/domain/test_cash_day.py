"""Cash at day end."""

from datetime import date

import pytest

from services.dunning.domain.case.events import AlertRaised
from services.dunning.domain.creditor.commands import CountCash
from services.dunning.domain.creditor.decide import decide_creditor
from services.dunning.reasons.english import why_in_words
from tests.dunning.domain.packs import CALL, braced, pack, steps
from tests.dunning.domain.world import World

STEPS = steps(f"day: 1 | {braced(CALL)}")


def alerts(compare: str, collected: int, deposited: int, running: int) -> list[str]:
    text = STEPS + f"cash_desk: {{compare: {compare}, alert: short}}\n"
    world = World(pack(text))
    command = CountCash(
        day=date(2026, 6, 1), collected=collected, deposited=deposited, running=running
    )
    events = decide_creditor(world.creditor, command, world.pack, world.now)
    return [event.kind for event in events if isinstance(event, AlertRaised)]


@pytest.mark.parametrize(
    ("compare", "collected", "deposited", "running", "told"),
    [
        ("running_total", 0, 0, 100, True),
        ("running_total", 100, 100, 0, False),
        ("running_total", 0, 100, -100, False),
        ("day_alone", 0, 0, 100, False),
        ("day_alone", 100, 90, 10, True),
        ("day_alone", 90, 100, -10, True),
    ],
)
def test_alert_follows_how_the_policy_compares(
    compare: str, collected: int, deposited: int, running: int, told: bool
) -> None:
    assert alerts(compare, collected, deposited, running) == (["short"] if told else [])


def test_the_alert_says_amounts_as_people_write_them() -> None:
    world = World(pack(STEPS + "cash_desk: {compare: running_total, alert: short}\n"))
    command = CountCash(day=date(2026, 6, 1), collected=123450, deposited=100000, running=23450)
    (alert,) = decide_creditor(world.creditor, command, world.pack, world.now)
    assert isinstance(alert, AlertRaised)
    assert "CNY 1,234.50 received, CNY 1,000.00 deposited" in why_in_words(alert)
    assert "CNY 234.50 not deposited" in why_in_words(alert)
