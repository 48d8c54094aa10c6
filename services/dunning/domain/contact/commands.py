"""What is told of the debtor and of notices.

Texts that may hold personal data come sealed.
"""

from dataclasses import dataclass
from datetime import datetime

from services.dunning.domain.contact.state import Person, Sealed
from services.dunning.domain.money.state import Agreement


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateAccount:
    """`billing.account.upserted.v1`; `attributes` names those that are set and true."""

    segment: str | None = None
    attributes: tuple[str, ...] = ()
    profile: bytes = b""
    reachable: bool = True
    agreement: Agreement | None = None
    responsible: Person | None = None
    mandate: bool = False
    department: str | None = None
    guarantors: tuple[str, ...] = ()
    people: bytes = b""
    number: Sealed | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EraseAccount:
    """`billing.account.erased.v1`: forget what is sealed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordDelivery:
    """The fate of a notice: by id, else of the latest by that channel; `reason` says why it was
    suppressed, or goes on by the `next` channel. `call` counts the calls about
    it, made `at`; `template` is the version of the creditor's own text that was used.
    """

    channel: str
    result: str
    notice_id: str | None = None
    reason: str | None = None
    next: str | None = None
    template: str | None = None
    call: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordContact:
    """An agency contacted the debtor at an instant, by a channel or a kind of task; `reference` is
    its own name for that contact.
    """

    agency: str
    reference: str
    channel: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordReply:
    note: bytes | None = None
