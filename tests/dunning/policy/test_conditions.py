"""Conditions put together with `any`, `all` and `not`, and the words of before."""

from datetime import date
from typing import get_args

import pytest

from services.dunning.domain.account import initial_account
from services.dunning.domain.case.conditions import CHECKS, holds
from services.dunning.policy import PackError, validate
from services.dunning.policy.conditions import (
    AllOf,
    AnyOf,
    Classified,
    Condition,
    Not,
    Observed,
    Replied,
    Single,
)
from services.dunning.policy.load import loads
from tests.dunning.domain.packs import CALL, HEAD, SMS, braced, steps

CLASSES = "reactions:\n  - {id: r1, source: x, on: {case: opened}, do: [{classify: {as: odd}}]}\n"


def text(condition: str) -> str:
    lines = steps(f"day: 1 | {braced(SMS)}", f"day: 9 | {braced(CALL)} | if: {condition}")
    return HEAD + lines + CLASSES


def condition(words: str) -> Condition | None:
    return loads(text(words)).steps[1].if_


def faults(words: str) -> list[str]:
    try:
        return [str(problem) for problem in validate(loads(text(words), "packs/x.yaml"))]
    except PackError as error:
        return [str(problem) for problem in error.problems]


class TestReading:
    def test_one_word_is_a_condition(self) -> None:
        assert condition("{classified: odd}") == Classified(classified=("odd",))

    def test_several_words_are_all_of_them(self) -> None:
        assert condition("{replied: false, classified: odd}") == AllOf(
            all=(Replied(replied=False), Classified(classified=("odd",)))
        )

    def test_words_beside_all_belong_to_it(self) -> None:
        words = "{replied: false, all: [{observed: a}, {observed: b}]}"
        assert condition(words) == AllOf(
            all=(Observed(observed=("a",)), Observed(observed=("b",)), Replied(replied=False))
        )

    def test_conditions_stand_within_conditions(self) -> None:
        words = "{not: {any: [{replied: true}, {classified: odd}]}}"
        either = AnyOf(any=(Replied(replied=True), Classified(classified=("odd",))))
        assert condition(words) == Not(not_=either)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("{not_classified: odd}", "{not: {classified: odd}}"),
        ("{not_observed: [a, b]}", "{not: {observed: [a, b]}}"),
        ("{not_observed_in_case: a}", "{not: {observed_in_case: a}}"),
        ("{not_asked: stop}", "{not: {asked: stop}}"),
        ("{observed_all: [a, b]}", "{all: [{observed: a}, {observed: b}]}"),
        (
            "{overdue: true, not_observed: a, not_asked: stop}",
            "{all: [{overdue: true}, {not: {observed: a}}, {not: {asked: stop}}]}",
        ),
    ],
)
def test_a_word_of_before_is_read_as_the_word_of_now(before: str, now: str) -> None:
    assert condition(before) == condition(now)


class TestFaults:
    """Every message names the place in the file, however deep it is."""

    @pytest.mark.parametrize(
        ("words", "fault"),
        [
            ("{}", "steps[1].if: a condition must name something"),
            ("{colour: red}", "steps[1].if.colour: unknown field"),
            ("{replied: true, colour: red}", "steps[1].if.colour: unknown field"),
            ("{not: {colour: red}}", "steps[1].if.not.colour: unknown field"),
            ("{any: []}", "steps[1].if.any: tuple should have at least 1 item"),
            ("{any: [{replied: maybe}]}", "steps[1].if.any[0].replied: input should be a valid"),
            ("{replied: no, overdue: maybe}", "steps[1].if.overdue: input should be a valid"),
            ("{overdue: true, all: [{replied: x}]}", "steps[1].if.all[0].replied: input should"),
            ("{not_classified: lost}", "steps[1].if: nothing classifies a case as 'lost'"),
            ("{any: [{classified: lost}]}", "steps[1].if.any[0].classified: nothing classifies"),
        ],
    )
    def test_its_place_is_told(self, words: str, fault: str) -> None:
        (found,) = faults(words)
        assert found.startswith(f"packs/x.yaml:16: {fault}")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("{replied: true}", False),
        ("{not: {replied: true}}", True),
        ("{replied: false, overdue: false}", True),
        ("{replied: false, overdue: true}", False),
        ("{any: [{replied: true}, {overdue: false}]}", True),
        ("{any: [{replied: true}, {overdue: true}]}", False),
        ("{all: [{replied: true}, {overdue: false}]}", False),
        ("{not: {any: [{replied: true}, {observed: a}]}}", True),
        ("{not_observed: a}", True),
    ],
)
def test_what_holds_of_an_account_nothing_is_known_of(words: str, answer: bool) -> None:
    nothing_known = initial_account("account-acme/A-1")
    assert holds(condition(words), nothing_known, date(2026, 3, 1)) is answer


def test_every_word_can_be_looked_at() -> None:
    assert set(CHECKS) == set(get_args(Single))
