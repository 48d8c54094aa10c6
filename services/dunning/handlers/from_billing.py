"""What upstream tells of a debtor beside the account itself, as commands."""

from chassis.store.work import Work
from contracts import billing
from contracts.codec import Message
from contracts.words.streams import Subject
from services.dunning.domain.case.commands import ConfirmRestriction, RecordObservation
from services.dunning.domain.money.commands import FailDirectDebit, NameCollector
from services.dunning.handlers.from_ledger import collecting_since


def marks(message: Message) -> tuple[str, ...]:
    data: billing.InvoiceIssued = message.data
    return tuple(sorted(name for name, value in data.attributes.items() if value is True))


def collected(work: Work, who: Subject, message: Message) -> NameCollector:
    data: billing.PaymentReceived = message.data
    name = data.collected_by or ""
    return NameCollector(
        payment_id=data.payment_id,
        collected_by=work.seal(who, name, "collector"),
        collecting_since=collecting_since(work, who.creditor, name),
    )


def debit_failed(work: Work, who: Subject, message: Message) -> FailDirectDebit:
    data: billing.DirectDebitFailed = message.data
    return FailDirectDebit(request_id=data.request_id, reason=data.reason)


def observed(work: Work, who: Subject, message: Message) -> RecordObservation:
    data: billing.ObservationRecorded = message.data
    note = None
    if data.note is not None or data.evidence is not None:
        note = work.seal(who, {"text": data.note, "evidence": data.evidence}, "note")
    return RecordObservation(kind=data.kind, note=note)


def confirmed(work: Work, who: Subject, message: Message) -> ConfirmRestriction:
    return ConfirmRestriction(service=message.data.service)
