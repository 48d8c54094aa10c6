"""What a step, a reaction or a calendar entry does."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.base import AMOUNT_MAX
from contracts.words.vocabulary import Channel, Document, Purpose, Recipients
from services.dunning.policy.conditions import Condition, Names
from services.dunning.policy.vocabulary import TaskKind

Asked = Annotated[str, Field(min_length=1, max_length=120)]


class Part(BaseModel):
    """A part of a pack: immutable, and every field it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Notice(Part):
    """A notice, one message for each channel; `respond_within_days` sets the last day it names."""

    purpose: Purpose
    channels: tuple[Channel, ...] = Field(min_length=1)
    recipients: Recipients = "first"
    respond_within_days: int | None = Field(default=None, ge=0)
    template: str | None = None


class Repeat(Part):
    """A task asked for again: `after_days`, then every `every_days`, `times` in all or until the
    case closes.
    """

    after_days: int = Field(ge=0)
    every_days: int = Field(ge=1)
    times: int | None = Field(default=None, ge=1)


class Task(Part):
    """Work for a person. `owner` is a role, a department, `segment` (the segment's owner) or
    `responsible` (the account's); `asks` says what has to be found out, settled or brought back.
    """

    kind: TaskKind
    owner: str = Field(min_length=1)
    with_owners: tuple[str, ...] = ()
    asks: tuple[Asked, ...] = ()
    repeat: Repeat | None = None


class Legal(Part):
    """A legal document."""

    document: Document


class Restrict(Part):
    """A service taken away until the account is cleared."""

    service: str = Field(min_length=1)


class Restore(Part):
    """Services given back before the case closes; nothing named means every one."""

    services: Names = ()


class Refer(Part):
    """A referral to somebody outside."""

    to: str = Field(min_length=1)


class Approval(Part):
    """A decision asked of a second person, and what follows when it is yes.

    A step's holds up the steps after it; one that a reaction asks for does so with `holds_steps`.
    """

    for_: str = Field(alias="for", min_length=1)
    by: str = "manager"
    holds_steps: bool = False
    then: tuple["Action", ...] = ()


class ClassifyCase(Part):
    """One of several classes, the first whose condition holds."""

    as_: str = Field(alias="as", min_length=1)
    if_: Condition | None = Field(default=None, alias="if")


class Classify(Part):
    """A class for the case; `first_of` chooses among several."""

    as_: str | None = Field(default=None, alias="as", min_length=1)
    first_of: tuple[ClassifyCase, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> "Classify":
        if (self.as_ is None) == (not self.first_of):
            raise ValueError("needs either `as` or `first_of`")
        return self


class Alert(Part):
    """A word to operations."""

    kind: str = Field(min_length=1)


class Charge(Part):
    """A fee: the amount decided, else a fixed `amount` (minor units), or `ratio` of the overdue
    principal; due `due_in_days` on.
    """

    item: str = Field(min_length=1)
    ratio: Decimal | None = Field(default=None, ge=0)
    amount: int | None = Field(default=None, ge=0, le=AMOUNT_MAX)
    due_in_days: int = Field(ge=0)

    @model_validator(mode="after")
    def _one(self) -> "Charge":
        if (self.ratio is None) == (self.amount is None):
            raise ValueError("needs either `ratio` or `amount`")
        return self


class Report(Part):
    """A report stored as it stands; `figures` are the parameters it works with, under their own
    names.
    """

    name: str = Field(min_length=1)
    figures: dict[str, int] = {}


class Nothing(Part):
    """An action that needs no field: write `{}`."""


KINDS = (
    "notice",
    "task",
    "restrict",
    "restore",
    "refer",
    "legal",
    "approval",
    "classify",
    "grade",
    "alert",
    "charge",
    "start_late_fee",
    "write_off",
    "report",
    "direct_debit",
)


class Action(Part):
    """Exactly one thing to do, and the condition (`if`) under which it is done."""

    if_: Condition | None = Field(default=None, alias="if")
    notice: Notice | None = None
    task: Task | None = None
    restrict: Restrict | None = None
    restore: Restore | None = None
    refer: Refer | None = None
    legal: Legal | None = None
    approval: Approval | None = None
    classify: Classify | None = None
    grade: Nothing | None = None
    alert: Alert | None = None
    charge: Charge | None = None
    start_late_fee: Nothing | None = None
    write_off: Nothing | None = None
    report: Report | None = None
    direct_debit: Nothing | None = None

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        if isinstance(value, dict):
            named = [key for key in value if key in KINDS]
            known = not any(key not in KINDS and key != "if" for key in value)
            if len(named) != 1 and known:
                raise ValueError(f"needs exactly one of {', '.join(KINDS)}")
        return value

    @property
    def kind(self) -> Literal[KINDS]:  # type: ignore[valid-type]
        """The name of the one thing."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)
