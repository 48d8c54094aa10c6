"""A reason is stored as a value and told in words; what was stored as words is told as it was."""

from datetime import date
from typing import get_args

import msgspec
import pytest

from services.dunning.domain.aggregates import ACCOUNT
from services.dunning.domain.case.events import CasePaused, StepTaken
from services.dunning.domain.event import told_again
from services.dunning.reasons import values as r
from services.dunning.reasons.ahead import AheadReason, StepDueAhead
from services.dunning.reasons.english import in_words, pauses_in_words, why_in_words

DAY, SUM = date(2026, 6, 20), r.Amount(1234567, "CNY")
PAUSES: tuple[r.Pause, ...] = (
    r.OnHold(),
    r.PromiseRuns(DAY),
    r.PlanRuns(),
    r.AllDisputed(),
    r.Undecided("waive_late_fee"),
    r.BelowMinimum(SUM),
)


def stored(kind: str, **data: object) -> bytes:
    return msgspec.json.encode({"type": kind, **data})


def test_every_reason_has_words_and_a_name_of_its_own() -> None:
    kinds = get_args(r.Reason | AheadReason)
    assert len({kind.__name__ for kind in kinds}) == len(kinds)
    assert len({kind.__struct_config__.tag for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (r.StepDue(r.DayReached(10)), "day 10 reached, nothing pauses"),
        (StepDueAhead(r.DayReached(10)), "day 10"),
        (r.DaysAfterStepBefore(5), "5 days after the step before"),
        (r.DaysAfterStepBefore(5, DAY), "5 days after the step before (2026-06-20)"),
        (
            r.AfterResult("visit", DAY, ("met", "seen"), 3),
            "visit met or seen on 2026-06-20, 3 days on",
        ),
        (r.AfterResult("approval lawsuit", DAY), "approval lawsuit done on 2026-06-20"),
        (
            r.WaitedForLimit(r.Recorded("task call no_answer")),
            "waited for the contact limit; task call no answer recorded",
        ),
        (r.Paused((r.OnHold(), r.PlanRuns())), "hold; instalment plan in good standing"),
        (r.PaymentTakenBack("P-1"), "payment P-1 was reversed"),
        (
            r.PaymentTakenBack("P-1", SUM),
            "payment P-1 was reversed in part: CNY 12,345.67 are left of it",
        ),
    ],
)
def test_words(reason: r.Reason | AheadReason, words: str) -> None:
    assert in_words(reason) == words


class TestOfTheVersionBefore:
    def test_an_effect_is_told_in_the_words_of_then(self) -> None:
        told = "day 3 reached, nothing pauses; policy parking v1"
        data = stored("StepTaken", on=DAY, reason=told, policy="parking", policy_version=1)
        event = ACCOUNT.readers["StepTaken"](data)
        assert isinstance(event, StepTaken)
        assert why_in_words(event) == told

    def test_what_follows_from_it_later_is_told_with_the_policy_of_then_once(self) -> None:
        told = "visit met recorded; policy parking v1"
        event = StepTaken(on=DAY, reason=told, policy="parking", policy_version=1)
        assert told_again(event) == r.Told("visit met recorded")

    @pytest.mark.parametrize("pause", PAUSES, ids=lambda pause: type(pause).__name__)
    def test_a_pause_is_the_value_it_would_be_today(self, pause: r.Pause) -> None:
        data = stored("CasePaused", reasons=pauses_in_words([pause]))
        event = ACCOUNT.readers["CasePaused"](data)
        assert isinstance(event, CasePaused)
        assert event.reasons == (pause,)

    def test_a_pause_in_words_of_a_version_before_that_keeps_them(self) -> None:
        words = "less than the minimum of 500 minor units overdue"
        event = ACCOUNT.readers["CasePaused"](stored("CasePaused", reasons=[words]))
        assert isinstance(event, CasePaused)
        assert pauses_in_words(event.reasons) == [words]

    def test_a_pause_of_today_stays_as_it_is(self) -> None:
        event = CasePaused(reasons=PAUSES)
        assert ACCOUNT.readers["CasePaused"](ACCOUNT.encode_event(event)) == event
