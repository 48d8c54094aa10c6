"""Whoever shares the work of `pytest -n` out knows the folders there are."""

from pathlib import Path

import pytest

from tests.support.workers import ONE_WORLD, SYSTEMS, piece_of, turn_of

TOP = Path(__file__).parents[2]


@pytest.mark.parametrize("folder", [*SYSTEMS, *ONE_WORLD])
def test_a_folder_that_is_named_has_tests(folder: str) -> None:
    assert list((TOP / folder).glob("test_*.py"))


def test_whole_systems_run_one_after_another_and_begin_first() -> None:
    whole = [f"{folder}/test_it.py::test_it[a/b::c]" for folder in SYSTEMS]
    assert len({piece_of(one) for one in whole}) == 1
    assert {turn_of(one) for one in whole} == {0}


def test_what_shares_a_world_stays_together_and_every_other_file_is_alone() -> None:
    boundaries = {piece_of(f"tests/isolation/boundaries/test_{one}.py::test") for one in "ab"}
    assert boundaries == {"tests/isolation/boundaries"}
    alone = ["tests/isolation/test_a.py::test", "tests/systematic/test_a.py::test"]
    assert [piece_of(one) for one in alone] == [one.partition("::")[0] for one in alone]
