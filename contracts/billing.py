"""What upstream billing platforms tell: the only messages with personal data and free text."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from contracts.base import (
    NULL_LEFT_OUT,
    Attributes,
    Contract,
    Currency,
    Identifier,
    Label,
    Listed,
    Number,
    Part,
    PositiveAmount,
    ShortText,
    SignedAmount,
    StatedDay,
    StatedInstant,
    Text,
    TimeZone,
)
from contracts.errors import OTHER_MEANING


class BillingContract(Contract):
    """Written by others, so it is read with care: what would change a message's meaning is
    refused, and no text but a `Text` or an attribute's has a control character.
    """

    TOPIC: ClassVar[str] = "billing"

    @model_validator(mode="before")
    @classmethod
    def _says_no_more(cls, data: Any) -> Any:
        for name in cls.REFUSED if isinstance(data, Mapping) else ():
            if data.get(name) is not None:
                raise ValueError(f"{name}: {OTHER_MEANING}")
        return data


class DebtorPart(Part):
    """Who owes. A usable address is the first of its list; `time_zone` (`Asia/Urumqi`) is that of
    where they are, if it is not the creditor's.
    """

    name: Label
    kind: Literal["natural_person", "company", "government"]
    id_number: Label | None = None
    legal_representative: Label | None = None
    registered_address: Text | None = None
    phones: Listed[Label] = ()
    emails: Listed[Label] = ()
    addresses: Listed[Text] = ()
    language: Identifier | None = None
    time_zone: TimeZone | None = None


class AgreementPart(Part):
    """The agreement under which an account may owe; on the wire its first day is `from`."""

    number: Label | None = None
    valid_from: StatedDay | None = Field(default=None, alias="from")
    until: StatedDay | None = None


class GuarantorPart(Part):
    """Somebody who answers for the debt."""

    name: Label
    phone: Label | None = None


class AccountUpserted(BillingContract):
    """An account is new or has changed.

    A field left out means "unchanged"; one that is given replaces what was known of it as a whole
    (`debtor` and `attributes` too). An empty `mandate` withdraws the direct-debit mandate; the one
    that was known, told again, says nothing new. Accounts of the same `debtor_id` are one person's.
    """

    TYPE: ClassVar[str] = "billing.account.upserted.v1"
    REFUSED: ClassVar[tuple[str, ...]] = ("amount", "change")

    account_id: Identifier
    debtor: DebtorPart | None = None
    segment: Label | None = None
    agreement: AgreementPart | None = None
    guarantors: tuple[GuarantorPart, ...] | None = None
    responsible: Label | None = None
    department: Label | None = None
    mandate: ShortText | None = None
    attributes: Attributes | None = None
    debtor_id: Identifier | None = None
    number: Number | None = None


class InvoiceIssued(BillingContract):
    """Something is owed. Without `due_on` the creditor's terms set the due date. `number` is what
    people call it, where that is no identifier.
    """

    TYPE: ClassVar[str] = "billing.invoice.issued.v1"
    REFUSED: ClassVar[tuple[str, ...]] = ("change",)

    invoice_id: Identifier
    account_id: Identifier
    item: Identifier
    amount: PositiveAmount
    currency: Currency
    issued_on: StatedDay
    due_on: StatedDay | None = None
    period: Label | None = None
    contract: Label | None = None
    attributes: Annotated[Attributes, NULL_LEFT_OUT] = {}
    number: Number | None = None


class InvoiceAdjusted(BillingContract):
    """A credit or debit note: `change` is added to the invoice's amount; what a credit note has
    above it goes to what else has fallen due.
    """

    TYPE: ClassVar[str] = "billing.invoice.adjusted.v1"
    REFUSED: ClassVar[tuple[str, ...]] = ("amount", "due_on")

    invoice_id: Identifier
    account_id: Identifier
    adjustment_id: Identifier
    change: SignedAmount
    reason: Text | None = None


class CreditGranted(BillingContract):
    """A credit note that names no invoice: it goes to what has fallen due, else it waits."""

    TYPE: ClassVar[str] = "billing.credit.granted.v1"
    REFUSED: ClassVar[tuple[str, ...]] = ("change", "invoice_id", "invoices")

    account_id: Identifier
    credit_id: Identifier
    amount: PositiveAmount
    currency: Currency
    reason: Text | None = None


class InvoiceCancelled(BillingContract):
    """An invoice counts as never issued."""

    TYPE: ClassVar[str] = "billing.invoice.cancelled.v1"
    REFUSED: ClassVar[tuple[str, ...]] = ("amount", "change")

    invoice_id: Identifier
    account_id: Identifier
    reason: Text | None = None


class PaymentReceived(BillingContract):
    """Money came in at `received_at`, whenever it is told; before that instant it is no money.
    `method` is cash, transfer, direct_debit, card, wechat, alipay, in_kind or another one upstream
    knows; `collected_by` whoever brought it in. One by direct debit answers the request whose id is
    its `payment_id`, or stands in it before a colon, else the oldest that runs.
    """

    TYPE: ClassVar[str] = "billing.payment.received.v1"
    REFUSED: ClassVar[tuple[str, ...]] = ("change", "invoice_id")

    payment_id: Identifier
    account_id: Identifier
    amount: PositiveAmount
    currency: Currency
    received_at: StatedInstant
    method: Identifier
    invoices: Listed[Identifier] = ()
    collected_by: Label | None = None
    number: Number | None = None


class PaymentReversed(BillingContract):
    """A payment counts as never made: all that is left of it, or the `amount` named."""

    TYPE: ClassVar[str] = "billing.payment.reversed.v1"
    REFUSED: ClassVar[tuple[str, ...]] = ("change",)

    payment_id: Identifier
    account_id: Identifier
    amount: PositiveAmount | None = None
    reason: Text | None = None


class DepositMade(BillingContract):
    """A collector handed cash in; about the creditor as a whole."""

    TYPE: ClassVar[str] = "billing.deposit.made.v1"
    REFUSED: ClassVar[tuple[str, ...]] = ("change",)

    collected_by: Label
    amount: PositiveAmount
    deposited_at: StatedInstant
    currency: Currency | None = None


class DirectDebitFailed(BillingContract):
    """The bank could not debit an account: the request named, else the oldest it has not answered.

    Some reasons of ISO 20022 (`MD01`, `MD06`, `MD07`, `AC01`, `AC04`, `AC06`, `AG01` …) end the
    mandate.
    """

    TYPE: ClassVar[str] = "billing.direct_debit.failed.v1"
    REFUSED: ClassVar[tuple[str, ...]] = ("payment_id",)

    account_id: Identifier
    request_id: Identifier | None = None
    reason: Identifier | None = None


class ObservationRecorded(BillingContract):
    """A fact that someone or something saw: shop_closed, absconded, plate_seen, malicious, fraud,
    insolvent, deceased, …
    """

    TYPE: ClassVar[str] = "billing.observation.recorded.v1"

    account_id: Identifier
    kind: Identifier
    note: Text | None = None
    evidence: Text | None = None


class RestrictionConfirmed(BillingContract):
    """Upstream has done what it was asked to: a service is restricted, or restored."""

    TYPE: ClassVar[str] = "billing.restriction.confirmed.v1"
    REFUSED: ClassVar[tuple[str, ...]] = ("until",)

    account_id: Identifier
    service: Identifier
    state: Literal["restricted", "restored"]
    request_id: Identifier | None = None
    confirmed_at: StatedInstant | None = None


class AccountErased(BillingContract):
    """The debtor's personal data are to be destroyed everywhere."""

    TYPE: ClassVar[str] = "billing.account.erased.v1"

    account_id: Identifier
    reason: Text | None = None
