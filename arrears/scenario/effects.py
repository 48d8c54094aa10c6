"""What must go out: the `then` entries of a scenario file."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, model_validator

from arrears.scenario.inputs import Part
from contracts.base import Identifier
from contracts.words.vocabulary import Channel

EffectKind = Literal[
    "notice", "task", "restrict", "restore", "refer", "legal", "approval", "alert", "classified",
    "balance", "prepaid", "case", "written_off", "recovered", "commission", "report",
]  # fmt: skip
DEFAULT_ONLY: tuple[EffectKind, ...] = (
    "notice", "task", "restrict", "restore", "refer", "legal", "alert", "approval",
)  # fmt: skip
SNAPSHOTS = frozenset({"balance", "prepaid", "case", "report"})
"""Kinds that ask how things stand at the end of the day; the others are things that happened on
it.
"""

Purpose = Literal["bill", "reminder", "arrears_notice", "demand", "final_demand"]
Document = Literal[
    "lawyer_letter", "complaint", "preservation_application", "enforcement_application",
    "guarantee_order", "seizure_order",
]  # fmt: skip
Text = Annotated[str, Field(min_length=1)]


class Notice(Part):
    account: Identifier | None = None
    purpose: Purpose | None = None
    channel: Channel | None = None
    to: str | None = None
    contains: list[Text] = []


class Task(Part):
    account: Identifier | None = None
    kind: Identifier | None = None
    owner: str | None = None


class Restriction(Part):
    account: Identifier | None = None
    service: Identifier | None = None


class Refer(Part):
    account: Identifier | None = None
    to: Identifier | None = None


class Legal(Part):
    account: Identifier | None = None
    document: Document | None = None
    contains: list[Text] = []


class Approval(Part):
    account: Identifier | None = None
    purpose: Identifier | None = Field(
        None, validation_alias=AliasChoices("for", "purpose"), serialization_alias="for"
    )


class Alert(Part):
    account: Identifier | None = None
    kind: Identifier | None = None


class Classified(Part):
    account: Identifier | None = None
    classification: Identifier | None = Field(None, alias="as")


class Balance(Part):
    account: Identifier
    principal: int | None = None
    late_fee: int | None = None
    total: int | None = None


class Prepaid(Part):
    account: Identifier
    amount: int


class Case(Part):
    account: Identifier
    state: Literal["open", "paused", "closed", "none"]


class Money(Part):
    account: Identifier | None = None
    amount: int | None = None


class Commission(Part):
    account: Identifier | None = None
    collected_by: str | None = None
    amount: int | None = None


class Report(Part):
    name: Identifier
    values: dict[str, Any] = {}


class Then(Part):
    """One expectation: a local day, and exactly one effect."""

    day: date
    notice: Notice | None = None
    task: Task | None = None
    restrict: Restriction | None = None
    restore: Restriction | None = None
    refer: Refer | None = None
    legal: Legal | None = None
    approval: Approval | None = None
    alert: Alert | None = None
    classified: Classified | None = None
    balance: Balance | None = None
    prepaid: Prepaid | None = None
    case: Case | None = None
    written_off: Money | None = None
    recovered: Money | None = None
    commission: Commission | None = None
    report: Report | None = None

    @model_validator(mode="after")
    def _exactly_one_effect(self) -> "Then":
        given = self.model_fields_set - {"day"}
        if len(given) != 1:
            raise ValueError(
                f"needs exactly one effect beside 'day', has {sorted(given) or 'none'}"
            )
        if getattr(self, next(iter(given))) is None:
            raise ValueError(f"'{next(iter(given))}' says nothing")
        return self

    @property
    def kind(self) -> str:
        """Name of the effect: `notice`, `balance`, …"""
        return next(iter(self.model_fields_set - {"day"}))

    @property
    def what(self) -> Any:
        """The effect itself."""
        return getattr(self, self.kind)

    def wanted(self) -> dict[str, Any]:
        """Return the fields the file gives, by the names it gives them; a field left out matches
        anything.
        """
        fields: dict[str, Any] = self.what.model_dump(by_alias=True, exclude_unset=True)
        return fields
