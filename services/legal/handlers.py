"""What the legal service does with what it hears: message type -> command, wake-up -> command."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from chassis.errors import Rejected
from chassis.runtime.routes import MessageRoute, WakeRoute
from chassis.store.work import Work
from contracts import billing, dunning, ledger
from contracts.codec import Message
from contracts.words.streams import creditor_of, matter_stream, subject_of, terms_stream
from services.legal.domain import decide
from services.legal.domain import events as e
from services.legal.domain.parties import Guarantor, Profile
from services.legal.domain.terms import TermsPublished as TermsKnown
from services.legal.drafting import Drafting

_TASKS_OF_THE_FILE = frozenset({"inventory", "storage"})


def _matter(message: Message, _lane: int) -> Sequence[str]:
    return [matter_stream(message.creditor, message.subject)]


def _matter_of_task(message: Message, lane: int) -> Sequence[str]:
    """A task about the creditor as a whole concerns no file."""
    return () if message.data.account_id is None else _matter(message, lane)


def _terms(message: Message, lane: int) -> Sequence[str]:
    return [terms_stream(message.creditor, lane)]


def _matter_and_terms(message: Message, lane: int) -> Sequence[str]:
    return [*_matter(message, lane), *_terms(message, lane)]


def _wake_streams(stream: str, lane: int) -> Sequence[str]:
    return [terms_stream(creditor_of(stream), lane)]


def debtor_upserted(work: Work, message: Message) -> None:
    """Keep who the debtor is and who answers for the debt, sealed; what a message leaves out stays
    as it was.
    """
    data: billing.AccountUpserted = message.data
    stream = matter_stream(message.creditor, message.subject)
    subject = subject_of(stream)
    told = (data.debtor, data.guarantors, data.number)
    if told == (None, None, None) or work.is_erased(subject):
        return
    known = msgspec.convert(work.open(subject, work.state(stream).profile) or {}, Profile)
    profile = known if data.debtor is None else _debtor(data.debtor, known)
    if data.guarantors is not None:
        guarantors = tuple(Guarantor(one.name, one.phone) for one in data.guarantors)
        profile = msgspec.structs.replace(profile, guarantors=guarantors)
    if data.number is not None:
        profile = msgspec.structs.replace(profile, number=data.number)
    work.append(stream, [e.DebtorUpserted(work.seal(subject, msgspec.to_builtins(profile)))])


def _debtor(debtor: billing.DebtorPart, known: Profile) -> Profile:
    return Profile(
        name=debtor.name,
        kind=debtor.kind,
        id_number=debtor.id_number,
        legal_representative=debtor.legal_representative,
        registered_address=debtor.registered_address,
        phones=tuple(debtor.phones),
        addresses=tuple(debtor.addresses),
        language=debtor.language,
        guarantors=known.guarantors,
        number=known.number,
    )


def _matter_if_numbered(message: Message, lane: int) -> Sequence[str]:
    return () if message.data.number is None else _matter(message, lane)


def _is_numbered(message: Message) -> bool:
    return message.data.number is not None


def invoice_numbered(work: Work, message: Message) -> None:
    """Keep what people call an invoice, sealed; most have no other name than their id."""
    data: billing.InvoiceIssued = message.data
    if data.number is None:
        return
    stream = matter_stream(message.creditor, message.subject)
    subject = subject_of(stream)
    if not work.is_erased(subject):
        work.append(stream, [e.InvoiceNumbered(data.invoice_id, work.seal(subject, data.number))])


def debtor_erased(work: Work, message: Message) -> None:
    """Destroy the debtor's key and refuse what was still to be drawn up."""
    stream = matter_stream(message.creditor, message.subject)
    work.append(stream, decide.erase(work.state(stream)))
    work.erase(subject_of(stream))


def balance_changed(work: Work, message: Message) -> None:
    """Follow the ledger; of several parts only the last raises the version that is acted on."""
    data: ledger.BalanceChanged = message.data
    stream = matter_stream(message.creditor, message.subject)
    view = work.state(stream).ledger
    if data.ledger_version < view.version:
        return
    seen = e.LedgerSeen(
        version=view.version if data.more else data.ledger_version,
        overdue=data.overdue,
        late_fee=data.late_fee,
        oldest_due_on=data.oldest_due_on,
        currency=data.currency,
        as_of=data.as_of,
        changed=tuple(_item(one) for one in data.items if one.state == "open"),
        closed=tuple(one.item_id for one in data.items if one.state != "open"),
        prepaid=data.prepaid,
    )
    work.append(stream, [seen])


def account_cleared(work: Work, message: Message) -> None:
    """Nothing is overdue, whatever was last heard of the balance."""
    data: ledger.AccountCleared = message.data
    stream = matter_stream(message.creditor, message.subject)
    view = work.state(stream).ledger
    if data.ledger_version < view.version or (view.version and view.oldest_due_on is None):
        return
    seen = e.LedgerSeen(
        version=data.ledger_version,
        overdue=0,
        late_fee=0,
        oldest_due_on=None,
        currency=view.currency,
        as_of=data.as_of,
        changed=tuple(
            msgspec.structs.replace(one, overdue=False)
            for one in view.items.values()
            if one.overdue
        ),
        prepaid=view.prepaid,
    )
    work.append(stream, [seen])


def terms_published(work: Work, message: Message) -> None:
    """Keep the creditor's terms for this lane."""
    data: dunning.TermsPublished = message.data
    known = TermsKnown(
        time_zone=_zone(data.time_zone),
        currency=data.currency,
        languages=tuple(data.languages),
        policy=data.policy,
        version=data.version,
        name=data.name or "",
    )
    work.append(terms_stream(message.creditor, work.lane), [known])


def case_closed(work: Work, message: Message) -> None:
    """End the matter with its case."""
    data: dunning.CaseClosed = message.data
    stream = matter_stream(message.creditor, message.subject)
    work.append(stream, decide.close(work.state(stream), data.reason))


def write_off_approved(work: Work, message: Message) -> None:
    """Pass an approved write-off on to the ledger."""
    data: dunning.WriteOffApproved = message.data
    stream = matter_stream(message.creditor, message.subject)
    event = e.DebtWrittenOff(
        approval_id=data.approval_id,
        item_ids=tuple(data.item_ids),
        amount=data.amount,
        case_id=data.case_id,
        reason="approved",
        correlation=message.correlationid,
    )
    work.append(stream, decide.write_off(work.state(stream), event))


def recovery_booked(work: Work, message: Message) -> None:
    """Note for the file that money came in on a debt written off."""
    data: ledger.RecoveryBooked = message.data
    event = e.RecoverySeen(
        item_id=data.item_id,
        amount=data.amount,
        currency=data.currency,
        day=data.as_of,
        payment_id=data.payment_id,
    )
    work.append(matter_stream(message.creditor, message.subject), [event])


def task_completed(work: Work, message: Message) -> None:
    """Note for the file that a task it is about was done."""
    data: dunning.TaskCompleted = message.data
    if data.account_id is None or data.kind not in _TASKS_OF_THE_FILE:
        return
    event = e.TaskReported(
        task_id=data.task_id,
        kind=data.kind,
        result=data.result,
        at=message.time,
        case_id=data.case_id,
    )
    work.append(matter_stream(message.creditor, message.subject), [event])


def limitation_reached(work: Work, message: Message) -> None:
    """Note for the matter that an item's limitation period ends, and tell others."""
    data: dunning.LimitationReached = message.data
    event = e.LimitationReached(
        item_id=data.item_id,
        stage=data.stage,
        ends_on=data.ends_on,
        case_id=data.case_id,
        correlation=message.correlationid,
    )
    work.append(matter_stream(message.creditor, message.subject), [event])


def _item(item: ledger.ItemState) -> e.OpenItem:
    accrual = item.accrual
    return e.OpenItem(
        item_id=item.item_id,
        item=item.item,
        due_on=item.due_on,
        principal=item.principal,
        overdue=item.overdue,
        accrual=None
        if accrual is None
        else e.Accrual(
            through=accrual.through,
            accrued=str(accrual.accrued),
            per_day=str(accrual.per_day),
            cap=accrual.cap,
            settled=accrual.settled,
        ),
    )


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Rejected(f"time_zone: there is no time zone '{name}'") from error
    return name


def messages(drafting: Drafting) -> dict[str, MessageRoute]:
    """What is done with each message."""
    return {
        billing.AccountUpserted.TYPE: MessageRoute(_matter, debtor_upserted, subject=True),
        billing.AccountErased.TYPE: MessageRoute(_matter, debtor_erased, subject=True),
        billing.InvoiceIssued.TYPE: MessageRoute(
            _matter_if_numbered, invoice_numbered, subject=_is_numbered
        ),
        ledger.BalanceChanged.TYPE: MessageRoute(_matter, balance_changed),
        ledger.AccountCleared.TYPE: MessageRoute(_matter, account_cleared),
        dunning.TermsPublished.TYPE: MessageRoute(_terms, terms_published),
        dunning.LegalRequested.TYPE: MessageRoute(
            _matter_and_terms, drafting.requested, subject=True
        ),
        dunning.CaseClosed.TYPE: MessageRoute(_matter, case_closed),
        dunning.WriteOffApproved.TYPE: MessageRoute(_matter, write_off_approved),
        dunning.TaskCompleted.TYPE: MessageRoute(_matter_of_task, task_completed),
        ledger.RecoveryBooked.TYPE: MessageRoute(_matter, recovery_booked),
        dunning.LimitationReached.TYPE: MessageRoute(_matter, limitation_reached),
    }


def wakes(drafting: Drafting) -> dict[str, WakeRoute]:
    """What is done when an aggregate wakes."""
    return {"matter": WakeRoute(drafting.wake, streams=_wake_streams, subject=True)}
