"""What every gateway offers: take a notice, tell whether it took one, forget one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, TypeAlias, runtime_checkable

from contracts.words.vocabulary import DeliveryResult
from services.notifier.domain.charges import Charge
from services.notifier.domain.commands import AttemptResult, Finding, Unanswered

Fate: TypeAlias = DeliveryResult | Unanswered
"""What becomes of a notice that a gateway took."""


@dataclass(frozen=True)
class Parcel:
    """One notice as handed to a gateway; `notice_id` is the key by which it is known there.

    `sheet` is what a letter is set from as PDF, `call` the number of a call about the notice, which
    may be made `until` then.
    `gateway` names the one that the attempt is made on, after those that were `tried`; `values` are
    those of the notice that it wants.
    """

    notice_id: str
    creditor: str
    account: str
    channel: str
    day: date
    to: str
    name: str
    subject: str
    body: str
    purpose: str = ""
    language: str = ""
    sheet: Mapping[str, Any] | None = None
    call: int = 1
    until: datetime | None = None
    gateway: str = ""
    tried: tuple[str, ...] = ()
    charge: Charge | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lookup:
    """What a gateway knows of a notice, and its reference when it has one."""

    finding: Finding
    reference: str = ""


@dataclass(frozen=True)
class Handed:
    """A notice that a gateway took, as the gateway is asked for its result.

    `gateway` names it (empty: the channel's first), `content` is what it was handed, sealed, `to`
    the address opened from it for a gateway that wants it.
    """

    notice_id: str
    creditor: str
    account: str
    channel: str
    reference: str
    gateway: str = ""
    day: date | None = None
    content: bytes = b""
    to: str = ""


@dataclass(frozen=True)
class Told:
    """What a gateway says of a notice it took: nothing is known yet where `result` is None;
    `answered` is whether it said anything at all.
    """

    result: Fate | None = None
    at: datetime | None = None
    answered: bool = True


class Gateway(Protocol):
    """A way out. Neither method raises for what the other side does: the answer says it."""

    async def send(self, parcel: Parcel) -> AttemptResult:
        """Hand a notice over."""
        ...

    async def find(self, parcel: Parcel) -> Lookup:
        """Tell whether a notice was taken, after a crash or a time-out."""
        ...

    async def forget(self, creditor: str, channel: str, notice_id: str) -> None:
        """Delete what the gateway itself keeps of a notice, when the debtor is erased."""
        ...


@runtime_checkable
class Asked(Protocol):
    """A gateway that can be asked what became of a notice; it does not raise either."""

    async def result(self, handed: Handed) -> Told:
        """Tell the result of a notice that was taken."""
        ...


@runtime_checkable
class AskedByAddress(Asked, Protocol):
    """One that must be told where the notice went."""

    wants_address: bool
