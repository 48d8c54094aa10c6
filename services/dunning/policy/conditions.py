"""When something applies: conditions, waiting, triggers."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from contracts.words.vocabulary import Decision, LegalStep, Purpose
from services.dunning.policy.vocabulary import DisputeChange, NoticeFate, TaskKind


def as_list(value: Any) -> Any:
    """One word or number stands for a list of it alone."""
    return [value] if isinstance(value, str | int) else value


Names = Annotated[tuple[str, ...], BeforeValidator(as_list)]
"""One name or a list of them."""
Fates = Annotated[tuple[NoticeFate, ...], BeforeValidator(as_list)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Condition(_Part):
    """Everything given must hold.

    `notice_sent` holds once a notice of the purpose went out, `notice_delivered` once one arrived.
    A list holds when any of its names does. `replied`, `disputed`, `observed`, `notice_sent`,
    `notice_delivered`, `restricted` and `classified` speak of this case, `disputed` also of what is
    overdue now and was in dispute before; `disputed_ever` and `observed` of the account;
    `observed_all` is a list of which everything was seen; `not_observed_in_case` speaks of what was
    seen since the case opened; `attribute` of an account attribute that is set and true;
    `not_asked` of an approval that does not wait for its decision.
    """

    replied: bool | None = None
    disputed: bool | None = None
    disputed_ever: bool | None = None
    notice_sent: Purpose | None = None
    notice_delivered: Purpose | None = None
    attribute: str | None = None
    classified: Names = ()
    not_classified: Names = ()
    observed: Names = ()
    observed_all: Names = ()
    not_observed: Names = ()
    not_observed_in_case: Names = ()
    restricted: Names = ()
    referred: Names = ()
    not_asked: str | None = None
    overdue: bool | None = None
    overdue_at_least: int | None = Field(default=None, ge=0)
    overdue_within_days: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _something(self) -> "Condition":
        if not self.model_fields_set:
            raise ValueError("a condition must name something")
        return self


class After(_Part):
    """A fact that is waited for, and whole days after the day it was recorded.

    With no days the step comes at the next step time after the fact. Exactly one of `task` (with
    `results`, any when absent), `approval` (with `results`), `legal` and `step` is given. With
    `unpaid` a judgment counts only while money on it is outstanding.
    """

    task: TaskKind | None = None
    results: Names = ()
    approval: str | None = None
    legal: LegalStep | None = None
    step: str | None = None
    days: int = Field(default=0, ge=0)
    unpaid: bool = False

    @model_validator(mode="after")
    def _one(self) -> "After":
        if sum(x is not None for x in (self.task, self.approval, self.legal, self.step)) != 1:
            raise ValueError("needs exactly one of task, approval, legal, step")
        if self.results and not (self.task or self.approval):
            raise ValueError("results belong to a task or an approval")
        if self.approval and not self.results:
            raise ValueError("an approval needs its results: approved, rejected")
        if self.unpaid and self.legal != "judgment":
            raise ValueError("only a judgment can be unpaid")
        return self


class When(_Part):
    """When a step's turn comes.

    `day` counts from the due date of the oldest overdue item, `then_days` from the last step taken,
    `after` from a fact; `months_past_due` is the first day beyond that many calendar months.
    `or_overdue_at_least` (principal, minor units) and `or_after` bring it forward, `not_before`
    holds it back.
    """

    day: int | None = Field(default=None, ge=1)
    then_days: int | None = Field(default=None, ge=0)
    after: After | None = None
    months_past_due: int | None = Field(default=None, ge=1)
    or_overdue_at_least: int | None = Field(default=None, ge=0)
    or_after: tuple[After, ...] = ()
    not_before: tuple[After, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> "When":
        given = (self.day, self.then_days, self.after, self.months_past_due)
        if sum(x is not None for x in given) != 1:
            raise ValueError("needs exactly one of day, then_days, after, months_past_due")
        return self


class OnTask(_Part):
    """A task of a kind ended with one of these results (any when none is named); with `times`, so
    many of them in this case.
    """

    kind: TaskKind
    results: Names = ()
    times: int | None = Field(default=None, ge=1)


class OnApplication(_Part):
    """An application was made or decided."""

    for_: str = Field(alias="for", min_length=1)
    outcome: Literal["made", "approved", "rejected"]


class OnDecision(_Part):
    """An approval was decided."""

    for_: str = Field(alias="for", min_length=1)
    outcome: Decision


class Trigger(_Part):
    """What a reaction answers to: exactly one fact."""

    observation: Names = ()
    dispute: DisputeChange | None = None
    application: OnApplication | None = None
    approval: OnDecision | None = None
    task: OnTask | None = None
    plan: Literal["agreed", "broken", "completed"] | None = None
    promise: Literal["made", "kept", "broken"] | None = None
    case: Literal["opened", "closed"] | None = None
    classified: Names = ()
    invoice: Literal["without_agreement"] | None = None
    limitation: Literal["near", "expired"] | None = None
    mandate: Literal["withdrawn"] | None = None
    delivery: Fates = ()

    @model_validator(mode="after")
    def _one(self) -> "Trigger":
        if len(self.model_fields_set) != 1:
            raise ValueError(f"needs exactly one of {', '.join(type(self).model_fields)}")
        return self
