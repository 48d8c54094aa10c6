"""What a step, a reaction or a calendar entry does."""

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from contracts.base import AMOUNT_MAX
from contracts.words.vocabulary import Channel, Choosing, Document, Masking, Purpose, Recipients
from services.dunning.policy.conditions import Condition
from services.dunning.policy.parts import DAYS_MAX, TIMES_MAX, Below, ByKey, Names, Part, Share
from services.dunning.policy.vocabulary import TaskKind

Asked = Annotated[str, Field(min_length=1, max_length=120)]


class _Action(Below):
    """Something to do, and the condition (`if`, beside its key) under which it is done."""

    if_: Condition | None = Field(default=None, alias="if")


class Notice(_Action):
    """A notice, one message for each channel; `respond_within_days` sets the last day it names.

    One by a single channel may name those it goes on by when that fails for good: in the order
    given, or with `choose: cheapest` in that of what they cost the creditor. `mask` says whose
    names the public list masks.
    """

    key: ClassVar[str] = "notice"
    purpose: Purpose
    channels: tuple[Channel, ...] = Field(min_length=1)
    recipients: Recipients = "first"
    respond_within_days: int | None = Field(default=None, ge=0, le=DAYS_MAX)
    template: str | None = None
    fallback: tuple[Channel, ...] = ()
    choose: Choosing = "in_order"
    mask: Masking | None = None

    @model_validator(mode="after")
    def _masks_what_is_public(self) -> "Notice":
        if self.mask and "public_list" not in self.channels:
            raise ValueError("`mask` is for a notice by `public_list`")
        return self

    @model_validator(mode="after")
    def _one_way_on(self) -> "Notice":
        if self.choose == "cheapest" and not self.fallback:
            raise ValueError("`choose` needs a `fallback` to choose from")
        if not self.fallback:
            return self
        if len(self.channels) > 1 or self.recipients != "first":
            raise ValueError("`fallback` is for a notice by one channel to the first address")
        if len({*self.channels, *self.fallback}) <= len(self.fallback):
            raise ValueError("`fallback` names a channel twice")
        if "public_list" in (*self.channels, *self.fallback):
            raise ValueError("`public_list` is nothing to fall back to, or from")
        return self


class Repeat(Part):
    """A task asked for again: `after_days`, then every `every_days`, `times` in all or until the
    case closes.
    """

    after_days: int = Field(ge=0, le=DAYS_MAX)
    every_days: int = Field(ge=1, le=DAYS_MAX)
    times: int | None = Field(default=None, ge=1, le=TIMES_MAX)


class Task(_Action):
    """Work for a person. `owner` is a role, a department, `segment` (the segment's owner) or
    `responsible` (the account's); `asks` says what has to be found out, settled or brought back.
    `then` follows at once when it is done, a repeated one when it was done so many `times` in the
    case.
    """

    key: ClassVar[str] = "task"
    kind: TaskKind
    owner: str = Field(min_length=1)
    with_owners: tuple[str, ...] = ()
    asks: tuple[Asked, ...] = ()
    repeat: Repeat | None = None
    then: tuple["Action", ...] = ()

    @model_validator(mode="after")
    def _comes_to_an_end(self) -> "Task":
        if self.then and self.repeat is not None and self.repeat.times is None:
            raise ValueError("`then` needs `times`: a series without end is never done")
        return self

    @property
    def times(self) -> int:
        """How often it is done before what follows."""
        return self.repeat.times or 1 if self.repeat else 1


class Legal(_Action):
    """A legal document."""

    key: ClassVar[str] = "legal"
    document: Document


class Restrict(_Action):
    """A service taken away until the account is cleared."""

    key: ClassVar[str] = "restrict"
    service: str = Field(min_length=1)


class Restore(_Action):
    """Services given back before the case closes; nothing named means every one."""

    key: ClassVar[str] = "restore"
    services: Names = ()


class Refer(_Action):
    """A referral to somebody outside."""

    key: ClassVar[str] = "refer"
    to: str = Field(min_length=1)


class Asking(Part):
    """A decision asked of a second person (`by`, a role)."""

    for_: str = Field(alias="for", min_length=1)
    by: str = "manager"
    holds_steps: bool = False


class Approval(_Action, Asking):
    """A decision asked of a second person, and what follows when it is yes.

    A step's holds up the steps after it; one that a reaction asks for does so with `holds_steps`.
    """

    key: ClassVar[str] = "approval"
    then: tuple["Action", ...] = ()


class ClassifyCase(Part):
    """One of several classes, the first whose condition holds."""

    as_: str = Field(alias="as", min_length=1)
    if_: Condition | None = Field(default=None, alias="if")


class Classify(_Action):
    """A class for the case; `first_of` chooses among several."""

    key: ClassVar[str] = "classify"
    as_: str | None = Field(default=None, alias="as", min_length=1)
    first_of: tuple[ClassifyCase, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> "Classify":
        if (self.as_ is None) == (not self.first_of):
            raise ValueError("needs either `as` or `first_of`")
        return self


class Alert(_Action):
    """A word to operations."""

    key: ClassVar[str] = "alert"
    kind: str = Field(min_length=1)


class Charge(_Action):
    """A fee: the amount decided, else a fixed `amount` (minor units), or `ratio` of the overdue
    principal; due `due_in_days` on.
    """

    key: ClassVar[str] = "charge"
    item: str = Field(min_length=1)
    ratio: Share | None = Field(default=None, ge=0)
    amount: int | None = Field(default=None, ge=0, le=AMOUNT_MAX)
    due_in_days: int = Field(ge=0, le=DAYS_MAX)

    @model_validator(mode="after")
    def _one(self) -> "Charge":
        if (self.ratio is None) == (self.amount is None):
            raise ValueError("needs either `ratio` or `amount`")
        return self


class Report(_Action):
    """A report stored as it stands; `figures` are the parameters it works with, under their own
    names.
    """

    key: ClassVar[str] = "report"
    name: str = Field(min_length=1)
    figures: dict[str, int] = {}


class GradeCase(_Action):
    """The class that the pack's grading gives the case."""

    key: ClassVar[str] = "grade"


class StartLateFee(_Action):
    """The late fee runs from this day."""

    key: ClassVar[str] = "start_late_fee"


class WriteOff(_Action):
    """What is overdue is given up."""

    key: ClassVar[str] = "write_off"


class DirectDebit(_Action):
    """The bank is asked for what the account owes."""

    key: ClassVar[str] = "direct_debit"


Action = Annotated[
    Notice
    | Task
    | Restrict
    | Restore
    | Refer
    | Legal
    | Approval
    | Classify
    | GradeCase
    | Alert
    | Charge
    | StartLateFee
    | WriteOff
    | Report
    | DirectDebit,
    ByKey(beside=("if",)),
]
"""One thing to do: `{notice: {…}, if: {…}}`."""

for _model in (Approval, Task):
    _model.model_rebuild()


def following(action: Action) -> tuple[Action, ...]:
    """What an action lists under `then`."""
    return action.then if isinstance(action, Approval | Task) else ()
