"""Who the debtor is, what was sent to whom, and what became of it."""

from datetime import date, datetime

from services.dunning.domain.contact.state import Person, Sealed
from services.dunning.domain.event import Effect, Event, OfCase
from services.dunning.domain.money.state import Agreement, Owed


class AccountUpdated(Event, frozen=True, kw_only=True):
    """`attributes` names those that are set and true; `profile` is the rest, sealed.

    `reachable` tells whether any way to reach the debtor is known, `responsible` who answers for
    the account, `mandate` whether the bank may debit it; `guarantors` are codes that stand for
    their names, `number` is what people call the account. `people` tells who contacts reach,
    sealed.
    """

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


class AccountErased(Event, frozen=True, kw_only=True):
    pass


class ReplyRecorded(Event, frozen=True, kw_only=True):
    reply_id: str
    note: bytes | None = None


class DeliveryRecorded(Event, frozen=True, kw_only=True):
    """The fate of a notice: `result` is delivered, signed, refused, returned, failed, sent or
    suppressed, or rerouted where it goes on by the `next` channel; `reason` says why it was
    suppressed or rerouted. Nor is it a fate that nobody took the `call`-th call (`busy`,
    `no_answer`, `machine`); a further call that was sent is a contact of its own, `on` that day.
    `template` is the version of the creditor's own text that was used. After a call nobody took the
    next one is planned `on` a day, `not_before` an instant.
    """

    channel: str
    result: str
    notice_id: str | None = None
    reason: str | None = None
    next: str | None = None
    on: date | None = None
    template: str | None = None
    call: int | None = None
    not_before: datetime | None = None


class ContactReported(OfCase, frozen=True, kw_only=True):
    """An agency contacted the debtor, on a day of the creditor's; `channel` may be the kind of a
    task.
    """

    contact_id: str
    agency: str
    reference: str
    channel: str
    on: date
    at: datetime


class ContactDelayed(Effect, frozen=True, kw_only=True):
    """A contact that a frequency limit holds back; `path` finds the action in the pack."""

    contact: str
    on: date
    path: tuple[int, ...]
    channel: str | None = None
    follows: tuple[str, ...] = ()


class NoticeRequested(Effect, frozen=True, kw_only=True):
    """One message on one channel; `contact` names the delayed contact it makes up for, `follows`
    what led to it by other notices' fates; `needs_overdue` says to suppress it when the account is
    cleared meanwhile.
    """

    notice_id: str
    purpose: str
    channel: str
    recipients: str
    template: str
    variables: Owed
    on: date
    respond_by: date | None = None
    ledger_version: int
    needs_overdue: bool = True
    contact: str | None = None
    interrupts: bool = False
    """Whether its delivery restarts the limitation period of the items it names."""
    follows: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    choose: str = "in_order"
    mask: str | None = None
