"""What comes in: the `when` entries of a scenario file and the accounts they speak of."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from contracts.base import Identifier
from contracts.words.vocabulary import Channel

DEFAULT_TIME = time(10, 0)

PositiveMinor = Annotated[int, Field(gt=0)]
NonNegativeMinor = Annotated[int, Field(ge=0)]
PaymentMethod = Literal["cash", "transfer", "direct_debit", "card", "wechat", "alipay", "in_kind"]


def local_moment(value: object) -> object:
    """Read a local date (ten o'clock is meant) or `YYYY-MM-DD HH:MM`; anything else is refused."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.combine(date.fromisoformat(value), DEFAULT_TIME)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"'{value}' is neither a date nor a date and time") from None
    if moment.tzinfo is not None:
        raise ValueError("is a local time, without an offset")
    return moment


LocalMoment = Annotated[datetime, BeforeValidator(local_moment)]


class Part(BaseModel):
    """A part of a scenario file; a field it does not know is an error."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, populate_by_name=True
    )


class Debtor(Part):
    name: str
    kind: Literal["natural_person", "company", "government"]
    id_number: str | None = None
    legal_representative: str | None = None
    registered_address: str | None = None
    phones: list[str] = []
    emails: list[str] = []
    addresses: list[str] = []
    language: str | None = None


class Agreement(Part):
    number: str | None = None
    valid_from: date | None = Field(None, alias="from")
    until: date | None = None


class Guarantor(Part):
    name: str
    phone: str | None = None


class Account(Part):
    """An account as its billing platform describes it."""

    id: Identifier
    debtor: Debtor | None = None
    segment: str | None = None
    agreement: Agreement | None = None
    guarantors: list[Guarantor] = []
    responsible: str | None = None
    department: str | None = None
    mandate: str | None = None
    attributes: dict[str, Any] = {}
    debtor_id: Identifier | None = None


class Invoice(Part):
    id: Identifier
    account: Identifier
    item: Identifier
    amount: PositiveMinor
    due: date | None = None
    issued: date | None = None
    period: str | None = None
    contract: str | None = None
    attributes: dict[str, Any] = {}


class Adjust(Part):
    """A credit or debit note on an invoice, or a credit on an account that names none."""

    invoice: Identifier | None = None
    account: Identifier | None = None
    amount: int
    reason: str | None = None

    @model_validator(mode="after")
    def _names_what_it_is_for(self) -> "Adjust":
        if self.invoice is None and self.account is None:
            raise ValueError("needs the invoice, or the account for a credit that names none")
        if self.invoice is None and self.amount >= 0:
            raise ValueError("without an invoice is a credit: its amount is below 0")
        return self


class Cancel(Part):
    invoice: Identifier
    reason: str | None = None


class Payment(Part):
    id: Identifier
    account: Identifier
    amount: PositiveMinor
    method: PaymentMethod = "transfer"
    invoices: list[Identifier] = []
    collected_by: str | None = None
    received: LocalMoment | None = None


class Reverse(Part):
    payment: Identifier
    amount: PositiveMinor | None = None
    reason: str | None = None


class Observe(Part):
    account: Identifier
    kind: Identifier
    note: str | None = None


class Delivery(Part):
    account: Identifier
    channel: Channel
    result: Literal["delivered", "signed", "refused", "returned", "failed"]


class TaskDone(Part):
    account: Identifier | None = None
    kind: Identifier
    result: str | None = None
    note: str | None = None
    by: str | None = None


class Reply(Part):
    account: Identifier
    note: str | None = None


class Promise(Part):
    account: Identifier
    amount: PositiveMinor
    by: date


class Instalment(Part):
    due: date
    amount: PositiveMinor


class Plan(Part):
    account: Identifier
    instalments: list[Instalment] = Field(min_length=1)


class Dispute(Part):
    account: Identifier
    invoice: Identifier | None = None
    kind: Literal["objection", "hearing", "statement", "appeal", "complaint"] = "objection"
    reason: str | None = None


class Resolve(Part):
    account: Identifier
    outcome: Literal["upheld", "rejected", "reduced"]
    amount: NonNegativeMinor | None = None
    by: str | None = None
    reason: str | None = None

    @model_validator(mode="after")
    def _a_reduction_says_to_what(self) -> "Resolve":
        if (self.outcome == "reduced") != (self.amount is not None):
            raise ValueError("amount belongs to the outcome 'reduced', and only to it")
        return self


class Apply(Part):
    account: Identifier
    purpose: Identifier = Field(alias="for")
    amount: NonNegativeMinor | None = None
    until: date | None = None
    reason: str | None = None
    by: str | None = None


class Decide(Part):
    account: Identifier | None = None
    purpose: Identifier = Field(alias="for")
    outcome: Literal["approved", "rejected"]
    by: str | None = None
    until: date | None = None
    amount: NonNegativeMinor | None = None


class Hold(Part):
    account: Identifier
    reason: str | None = None


class LegalProgress(Part):
    account: Identifier
    step: Literal["filed", "hearing", "judgment", "settled", "enforced", "frozen", "seized"]
    amount: NonNegativeMinor | None = None


class Deposit(Part):
    collected_by: str
    amount: PositiveMinor


class When(Part):
    """One input: a moment, and exactly one of the things that can come in."""

    at: LocalMoment
    invoice: Invoice | None = None
    adjust: Adjust | None = None
    cancel: Cancel | None = None
    payment: Payment | None = None
    reverse: Reverse | None = None
    account: Account | None = None
    observe: Observe | None = None
    delivery: Delivery | None = None
    task: TaskDone | None = None
    reply: Reply | None = None
    promise: Promise | None = None
    plan: Plan | None = None
    dispute: Dispute | None = None
    resolve: Resolve | None = None
    apply: Apply | None = None
    decide: Decide | None = None
    hold: Hold | None = None
    release: Hold | None = None
    legal: LegalProgress | None = None
    deposit: Deposit | None = None

    @model_validator(mode="after")
    def _exactly_one_input(self) -> "When":
        given = self.model_fields_set - {"at"}
        if len(given) != 1:
            raise ValueError(f"needs exactly one input beside 'at', has {sorted(given) or 'none'}")
        if getattr(self, next(iter(given))) is None:
            raise ValueError(f"'{next(iter(given))}' says nothing")
        return self

    @property
    def kind(self) -> str:
        """Name of the input, as the table in docs/scenarios.md has it: `invoice`, `payment`, …"""
        return next(iter(self.model_fields_set - {"at"}))

    @property
    def what(self) -> Any:
        """The input itself."""
        return getattr(self, self.kind)
