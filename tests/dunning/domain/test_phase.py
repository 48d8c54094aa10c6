"""A running case says which phase it is in: what stops it first, then how far it has come."""

from datetime import date

import pytest
from msgspec.structs import replace

from services.dunning.domain.agreements.commands import MakePromise
from services.dunning.domain.case.commands import Decide, RecordLegalProgress
from services.dunning.domain.case.phase import phase_of
from tests.dunning.domain.packs import pack
from tests.dunning.domain.world import World

REFERRED = """
steps:
  - id: s1
    source: rule 1
    when: {day: 1}
    do: [refer: {to: agency}]
"""
ASKING = """
steps:
  - id: s1
    source: rule 1
    when: {day: 1}
    approval: {for: lawsuit, by: manager}
    do: [legal: {document: complaint}]
"""


def owing(body: str) -> World:
    world = World(pack(body))
    world.invoice(10000, "2026-06-10")
    return world.to("2026-06-15")


def phase(world: World) -> str | None:
    return phase_of(world.state(), world.pack)


def test_an_account_without_a_case_is_in_none() -> None:
    assert phase(World(pack(REFERRED))) is None


def test_a_case_that_was_handed_on_is_referred() -> None:
    world = owing(REFERRED)
    assert phase(world) == "referred"


def test_a_case_that_only_goes_its_steps_is_running() -> None:
    world = owing(ASKING)
    case = replace(world.case(), asking=None)
    assert phase_of(replace(world.state(), case=case), world.pack) == "running"


def test_its_steps_wait_for_a_decision_until_it_is_made() -> None:
    world = owing(ASKING)
    assert phase(world) == "awaiting_decision"
    world.do(Decide(for_="lawsuit", outcome="approved", by="m"))
    assert phase(world) == "running"


def test_a_pause_comes_before_everything_else() -> None:
    world = owing(ASKING)
    world.do(MakePromise(amount=10000, by=date(2026, 6, 30)))
    assert phase(world) == "paused"


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ([], "referred"),
        (["filed"], "in_court"),
        (["filed", "hearing", "judgment"], "in_court"),
        (["judgment", "seized"], "enforced"),
        (["filed", "settled"], "referred"),
        (["settled", "filed"], "in_court"),
    ],
)
def test_the_last_word_of_the_court_counts(recorded: list[str], expected: str) -> None:
    world = owing(REFERRED)
    for day, progress in enumerate(recorded, 16):
        world.do(RecordLegalProgress(progress=progress, on=date(2026, 6, day)))
    assert phase(world) == expected


def test_of_two_stages_on_one_day_the_later_counts() -> None:
    world = owing(REFERRED)
    for progress in ("seized", "judgment"):
        world.do(RecordLegalProgress(progress=progress, on=date(2026, 6, 16)))
    assert phase(world) == "enforced"
