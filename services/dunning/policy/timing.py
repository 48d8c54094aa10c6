"""When a step's turn comes, and the facts that are waited for."""

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from contracts.base import AMOUNT_MAX
from contracts.words.vocabulary import LegalStep
from services.dunning.policy.parts import DAYS_MAX, MONTHS_MAX, ByKey, Keyed, Names
from services.dunning.policy.vocabulary import TaskKind


class _After(Keyed):
    """Whole days after the day on which a fact was recorded.

    With no days the step comes at the next step time after the fact.
    """

    days: int = Field(default=0, ge=0, le=DAYS_MAX)


class AfterTask(_After):
    """A task was completed with one of these results, any when none is named."""

    key: ClassVar[str] = "task"
    task: TaskKind
    results: Names = ()


class AfterApproval(_After):
    """An approval was decided with one of these results."""

    key: ClassVar[str] = "approval"
    approval: str
    results: Names = ()

    @model_validator(mode="after")
    def _decided(self) -> "AfterApproval":
        if not self.results:
            raise ValueError("an approval needs its results: approved, rejected")
        return self


class AfterLegal(_After):
    """A stage of legal action was recorded; an `unpaid` judgment counts only while money on it is
    outstanding.
    """

    key: ClassVar[str] = "legal"
    legal: LegalStep
    unpaid: bool = False

    @model_validator(mode="after")
    def _of_a_judgment(self) -> "AfterLegal":
        if self.unpaid and self.legal != "judgment":
            raise ValueError("only a judgment can be unpaid")
        return self


class AfterStep(_After):
    """Another step was taken."""

    key: ClassVar[str] = "step"
    step: str


After = Annotated[
    AfterTask | AfterApproval | AfterLegal | AfterStep, ByKey(beside=("results", "days", "unpaid"))
]


class _When(Keyed):
    """`or_overdue_at_least` (principal, minor units) and `or_after` bring the step forward,
    `not_before` holds it back.
    """

    or_overdue_at_least: int | None = Field(default=None, ge=0, le=AMOUNT_MAX)
    or_after: tuple[After, ...] = ()
    not_before: tuple[After, ...] = ()


class DayPastDue(_When):
    """A day counted from the due date of the oldest overdue item."""

    key: ClassVar[str] = "day"
    day: int = Field(ge=1, le=DAYS_MAX)


class DaysAfterStep(_When):
    """Days after the last step taken."""

    key: ClassVar[str] = "then_days"
    then_days: int = Field(ge=0, le=DAYS_MAX)


class AfterFact(_When):
    """After a fact."""

    key: ClassVar[str] = "after"
    after: After


class MonthsPastDue(_When):
    """The first day beyond so many calendar months past due."""

    key: ClassVar[str] = "months_past_due"
    months_past_due: int = Field(ge=1, le=MONTHS_MAX)


When = Annotated[
    DayPastDue | DaysAfterStep | AfterFact | MonthsPastDue,
    ByKey(beside=("or_overdue_at_least", "or_after", "not_before")),
]
