"""The short form of `make sabotage`: every declared text is there once, and the mutants whose tests
need no server are caught.
"""

import pytest

from tests.sabotage.mutants import MUTANTS, Mutant
from tests.sabotage.trying import ROOT, Result, copied, judged, mutated, run, try_one

CHEAP = [one for one in MUTANTS if one.cheap]
COUNT = 23


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.safeguard)
def test_what_is_taken_away_is_there_and_so_is_the_test(mutant: Mutant) -> None:
    compile(mutated(mutant), mutant.file, "exec")
    file, _, name = mutant.test.partition("::")
    assert f"def {name.rpartition('::')[2]}(" in (ROOT / file).read_text() + _suites()


def test_there_are_so_many_and_each_is_another() -> None:
    assert len({one.safeguard for one in MUTANTS}) == len(MUTANTS) == COUNT


def test_without_its_safeguard_the_code_fails_the_test_that_names_it() -> None:
    with copied() as folder:
        whole = run(folder, [one.test for one in CHEAP])
        assert whole.passed >= len(CHEAP)
        assert whole.failures == whole.errors == ()
        missed = [one.why for one in (try_one(folder, each) for each in CHEAP) if not one.caught]
    assert missed == []


@pytest.mark.parametrize(
    ("result", "caught"),
    [
        (Result(0, ("Failed: DID NOT RAISE Rejected",), ()), True),
        (Result(0, ("AssertionError: assert 1 == 2",), ()), False),
        (Result(3, (), ()), False),
        (Result(0, ("ImportError: nothing",), ()), False),
        (Result(0, (), ("collection failure",)), False),
    ],
)
def test_a_test_that_passes_or_cannot_run_catches_nothing(result: Result, caught: bool) -> None:
    assert judged(CHEAP[0], result).caught == caught


def test_a_mutant_whose_text_is_gone_is_an_error() -> None:
    with pytest.raises(LookupError, match="0 times, not once"):
        mutated(CHEAP[0]._replace(old="what nobody wrote"))


def _suites() -> str:
    return (ROOT / "tests/chassis/store/suite.py").read_text()
