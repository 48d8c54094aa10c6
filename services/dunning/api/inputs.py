"""The bodies of requests: what people may send, with every field they may not refused."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from contracts.base import Identifier, StatedDay, StatedInstant
from contracts.words.vocabulary import Channel, Decision, DisputeKind, DisputeOutcome
from contracts.words.workdays import is_country

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Person = Annotated[str, Field(min_length=1, max_length=128)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
PositiveMinor = Annotated[int, Field(strict=True, gt=0, le=10**15)]
NonNegativeMinor = Annotated[int, Field(strict=True, ge=0, le=10**15)]

_RETENTION_DAYS_MAX = 36_500
_INSTALMENTS_MAX = 120
_CLOSED_DAYS_MAX = 2000
_PARAMETERS_MAX = 200


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("time_zone", "is no IANA time zone")
    return ZoneInfo(name).key


def _known_country(code: str) -> str:
    if not is_country(code):
        raise PydanticCustomError("calendar", "is no country whose calendar is known")
    return code


ClosedDays = Annotated[tuple[StatedDay, ...], Field(max_length=_CLOSED_DAYS_MAX)]


def _also(name: str, older: str) -> Any:
    """A field by the name it has in messages, which is still taken by an older one."""
    return Field(validation_alias=AliasChoices(name, older))


class Input(BaseModel):
    """Whatever is not a field is refused: a misspelt one would be lost without a word."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Deed(Input):
    """Something somebody did: `by` names the person when an `admin` records it for them."""

    by: Person | None = None


class PolicyInput(Input):
    """A policy: `policy` is the id of a pack that ships with the service, or `policy_document` the
    YAML text of one; `parameters` are figures that differ from the pack's.
    """

    policy: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")] | None = None
    policy_version: Annotated[int, Field(ge=1)] | None = None
    policy_document: Annotated[str, Field(max_length=200_000)] | None = None
    parameters: Annotated[dict[str, Any], Field(max_length=_PARAMETERS_MAX)] = {}

    @model_validator(mode="after")
    def _one_policy(self) -> "PolicyInput":
        if (self.policy is None) == (self.policy_document is None):
            raise PydanticCustomError("policy", "needs either policy or policy_document")
        return self


class CreditorInput(PolicyInput):
    """A creditor's set-up; `calendar` is a country's code (`CN`, `DE`, …) or a list of closed days,
    without it every day works. A debtor is erased once the account has been closed for
    `retention_days`; without it when somebody erases them. What a dispute takes off or a refund
    pays back takes a second person above `second_person_above`.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    time_zone: Annotated[str, AfterValidator(_known_zone)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    languages: Annotated[tuple[Literal["zh", "en"], ...], Field(min_length=1, max_length=2)] = (
        "zh",
    )
    calendar: Annotated[str, AfterValidator(_known_country)] | ClosedDays | None = None
    retention_days: Annotated[int, Field(strict=True, ge=1, le=_RETENTION_DAYS_MAX)] | None = None
    second_person_above: NonNegativeMinor = 0


class TaskCompletion(Deed):
    result: Word | None = None
    note: Text | None = None


class ReplyInput(Deed):
    note: Text | None = None


class PromiseInput(Deed):
    """A promise to pay `amount` by the end of the day `until`."""

    amount: PositiveMinor
    until: StatedDay
    note: Text | None = None


class InstalmentInput(Input):
    due_on: Annotated[StatedDay, _also("due_on", "due")]
    amount: PositiveMinor


class PlanInput(Deed):
    """A signed repayment plan; it takes effect at once. `collateral` is what secures it."""

    instalments: Annotated[
        tuple[InstalmentInput, ...], Field(min_length=1, max_length=_INSTALMENTS_MAX)
    ]
    collateral: Text | None = None
    note: Text | None = None


class DisputeInput(Deed):
    """A dispute over one invoice, or over everything when none is named."""

    invoice_id: Annotated[Identifier | None, _also("invoice_id", "invoice")] = None
    kind: DisputeKind = "objection"
    reason: Text | None = None


class ResolutionInput(Deed):
    """A decision on the open dispute; `amount` is the invoice's new amount and belongs to `reduced`
    alone.
    """

    outcome: DisputeOutcome
    amount: NonNegativeMinor | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _amount_of_a_reduction(self) -> "ResolutionInput":
        if (self.outcome == "reduced") != (self.amount is not None):
            raise PydanticCustomError(
                "amount", "amount belongs to the outcome reduced, and only to it"
            )
        return self


class ApplicationInput(Deed):
    """An application: what it is for, and what is asked."""

    purpose: Annotated[Word, _also("purpose", "for")]
    amount: NonNegativeMinor | None = None
    until: StatedDay | None = None
    reason: Text | None = None


class DecisionInput(Deed):
    """A decision on the application or approval of that name."""

    purpose: Annotated[Word, _also("purpose", "for")]
    outcome: Decision
    until: StatedDay | None = None
    amount: NonNegativeMinor | None = None


class ObservationInput(Deed):
    kind: Word
    note: Text | None = None


class ContactInput(Deed):
    """A contact that an agency made, at an instant; `reference` is what the agency calls it, the
    same whenever it is reported again.
    """

    agency: Identifier
    reference: Identifier
    channel: Channel | Literal["phone_call", "visit"]
    at: StatedInstant


Ground = Literal["objection", "restriction"]


class HoldInput(Deed):
    """Everything stops; `ground` is the debtor's right to have it stopped, where it is one."""

    reason: Text | None = None
    ground: Ground | None = None


class ReleaseInput(Deed):
    """A hold that is the debtor's right ends only with its `ground`, another only without; either
    leaves the other in force.
    """

    ground: Ground | None = None


class CollectorInput(Deed):
    """Since when somebody collects for the creditor."""

    started_on: StatedDay


class ClearanceInput(Deed):
    """The name of the person who asks for a clearance certificate."""

    responsible: Person
