"""What dunning does with messages and wake-ups: literal tables from type to command."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from asyncpg import Connection

from chassis.runtime.routes import MessageRoute, WakeRoute
from chassis.store.work import Work
from contracts import billing, ledger, legal, notifier
from contracts.codec import Message
from contracts.words.late_fee import accrual_of
from contracts.words.streams import (
    Subject,
    account_stream,
    creditor_of,
    creditor_stream,
    subject_of,
)
from services.dunning.decisions import Decisions
from services.dunning.domain.account import Account
from services.dunning.domain.case.commands import (
    ConfirmRestriction,
    Reassess,
    RecordLegalProgress,
    RecordObservation,
    Wake,
)
from services.dunning.domain.codes import person_code
from services.dunning.domain.commands import AccountCommand
from services.dunning.domain.contact.commands import (
    EraseAccount,
    RecordDelivery,
    RecordReply,
    UpdateAccount,
)
from services.dunning.domain.contact.state import Person, Sealed
from services.dunning.domain.creditor.commands import CountCash, RunCalendar
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.money.commands import (
    FailDirectDebit,
    MarkInvoice,
    NoteUnmatched,
    RecordPayment,
    ReversePayment,
    UpdateItems,
)
from services.dunning.domain.money.state import Agreement, Item, MoneyPart
from services.dunning.people import reached_at
from services.dunning.reports import Facts, creditor_facts, creditor_state

ToCommand = Callable[[Work, Subject, Message], AccountCommand]
PROFILE = (
    "debtor",
    "agreement",
    "guarantors",
    "responsible",
    "department",
    "mandate",
    "attributes",
    "debtor_id",
    "number",
)
"""What is kept of an account sealed, since it names people or may."""
_RELEASED = "money_released"
"""Why a balance changed: money that waited for an invoice nobody knows is free."""
_REACHED_BY = ("phones", "emails", "addresses", "registered_address")


def messages(decisions: Decisions) -> Mapping[str, MessageRoute]:
    """By CloudEvents type: what is loaded, and the command it becomes."""

    def route(
        to_command: ToCommand, *, subject: bool = False, beside: bool = False
    ) -> MessageRoute:
        def handle(work: Work, message: Message) -> None:
            who = Subject(message.creditor, message.subject)
            decisions.account(work, who, to_command(work, who, message))

        return MessageRoute(_streams, handle, subject=subject, beside=beside)

    def account_updated(work: Work, who: Subject, message: Message) -> UpdateAccount:
        return _account_updated(work, who, message, decisions)

    def erased(work: Work, message: Message) -> None:
        who = Subject(message.creditor, message.subject)
        decisions.account(work, who, EraseAccount())
        work.erase(who)

    def invoice_marked(work: Work, message: Message) -> None:
        if marks := _marks(message):
            who = Subject(message.creditor, message.subject)
            command = MarkInvoice(item_id=message.data.invoice_id, marks=marks)
            decisions.account(work, who, command)

    def cash_counted(work: Work, message: Message) -> None:
        data: ledger.CashDifferenceFound = message.data
        command = CountCash(
            day=data.day,
            collected=data.collected,
            deposited=data.deposited,
            running=data.running,
        )
        decisions.creditor(work, message.creditor, command)

    return {
        billing.AccountUpserted.TYPE: route(account_updated, subject=True),
        billing.AccountErased.TYPE: MessageRoute(_streams, erased, subject=True),
        billing.InvoiceIssued.TYPE: MessageRoute(_streams_if_marked, invoice_marked),
        billing.DirectDebitFailed.TYPE: route(_debit_failed),
        billing.ObservationRecorded.TYPE: route(_observed, subject=True, beside=True),
        billing.RestrictionConfirmed.TYPE: route(_confirmed),
        ledger.BalanceChanged.TYPE: route(_items_updated),
        ledger.ItemOverdue.TYPE: route(_reassess),
        ledger.AccountCleared.TYPE: route(_reassess),
        ledger.PaymentAllocated.TYPE: route(_paid, subject=True),
        ledger.PaymentReversed.TYPE: route(_reversed),
        ledger.PaymentUnmatched.TYPE: route(_unmatched),
        notifier.NoticeSent.TYPE: route(_delivery("sent")),
        notifier.NoticeDelivered.TYPE: route(_delivery("delivered")),
        notifier.NoticeFailed.TYPE: route(_delivery("failed"), beside=True),
        notifier.NoticeReturned.TYPE: route(_returned, beside=True),
        notifier.NoticeAcknowledged.TYPE: route(_acknowledged),
        notifier.NoticeSuppressed.TYPE: route(_suppressed, beside=True),
        ledger.CashDifferenceFound.TYPE: MessageRoute(_stream_of_creditor, cash_counted),
        legal.MatterProgressed.TYPE: route(_progressed),
    }


def wakes(decisions: Decisions) -> Mapping[str, WakeRoute]:
    """By aggregate: what is done when its time has come."""

    def account(work: Work, stream: str) -> None:
        decisions.account(work, subject_of(stream), Wake())

    def creditor(work: Work, stream: str) -> None:
        facts: Facts = work.facts
        command = RunCalendar(**facts._asdict())
        decisions.creditor(work, creditor_of(stream), command)

    async def prepare(connection: Connection, stream: str, now: Any) -> Facts:
        creditor = creditor_of(stream)
        policy = (await creditor_state(connection, creditor)).policy
        pack = decisions.library.get(policy) if policy else None
        return await creditor_facts(connection, creditor, now, pack)

    return {
        "account": WakeRoute(account, streams=_streams_of_account, beside=True),
        "creditor": WakeRoute(creditor, prepare=prepare),
    }


def _streams(message: Message, lane: int) -> Sequence[str]:
    return (
        account_stream(message.creditor, message.subject),
        creditor_stream(message.creditor),
    )


def _streams_if_marked(message: Message, lane: int) -> Sequence[str]:
    """Most invoices say nothing of themselves, and then nothing is loaded."""
    return _streams(message, lane) if _marks(message) else ()


def _marks(message: Message) -> tuple[str, ...]:
    data: billing.InvoiceIssued = message.data
    return tuple(sorted(name for name, value in data.attributes.items() if value is True))


def _stream_of_creditor(message: Message, lane: int) -> Sequence[str]:
    return (creditor_stream(message.creditor),)


def _debit_failed(work: Work, who: Subject, message: Message) -> FailDirectDebit:
    data: billing.DirectDebitFailed = message.data
    return FailDirectDebit(request_id=data.request_id, reason=data.reason)


def _streams_of_account(stream: str, lane: int) -> Sequence[str]:
    return (creditor_stream(creditor_of(stream)),)


def _account_updated(
    work: Work, who: Subject, message: Message, decisions: Decisions
) -> UpdateAccount:
    """What a message leaves out stays as it was (the contract of `billing.account.upserted.v1`),
    and so does a person responsible who has to keep the account.
    """
    data: billing.AccountUpserted = message.data
    before: Account = work.state(account_stream(*who))
    known = work.open(who, before.profile)
    profile = known if isinstance(known, dict) else {}
    keeps_responsible = decisions.keeps_responsible(work, who)
    mandate = _has_mandate(before, profile, data)
    for name in PROFILE:
        value = getattr(data, name)
        if value is not None and not (name == "responsible" and keeps_responsible):
            profile[name] = msgspec.to_builtins(value)
    attributes = profile.get("attributes") or {}
    return UpdateAccount(
        segment=before.segment if data.segment is None else data.segment,
        attributes=tuple(sorted(name for name, value in attributes.items() if value is True)),
        profile=work.seal(who, profile),
        reachable=_is_reachable(profile.get("debtor")),
        agreement=_agreement(profile.get("agreement")),
        responsible=_person(work, who, profile.get("responsible")),
        mandate=mandate,
        department=profile.get("department"),
        guarantors=_codes(profile.get("guarantors")),
        people=work.seal(who, reached_at(profile, decisions.region(work, who.creditor))),
        number=_number(work, who, profile.get("number")),
    )


def _number(work: Work, who: Subject, number: str | None) -> Sealed | None:
    """What people call the account, and what it is found by."""
    if not number or work.is_erased(who):
        return None
    return Sealed(sealed=work.seal(who, number), index=work.keys.index(number))


def _has_mandate(
    before: Account, profile: Mapping[str, Any], data: billing.AccountUpserted
) -> bool:
    """Whether there is a mandate now: an empty one withdraws it, and the one that was known says
    nothing new, which matters after the bank refused it.
    """
    if data.mandate is None or data.mandate == profile.get("mandate"):
        return before.mandate
    return bool(data.mandate)


def _is_reachable(debtor: dict[str, Any] | None) -> bool:
    """Whether any way to reach the debtor is known; of one nobody told of yet, that is not said."""
    if debtor is None:
        return True
    return any(debtor.get(name) for name in _REACHED_BY)


def _agreement(told: dict[str, Any] | None) -> Agreement | None:
    if told is None:
        return None
    days = [told.get(name) for name in ("from", "until")]
    first, last = (None if day is None else date.fromisoformat(str(day)) for day in days)
    return Agreement(valid_from=first, until=last)


def _codes(guarantors: list[dict[str, Any]] | None) -> tuple[str, ...]:
    """What stands for the guarantors, whose names are sealed."""
    return tuple(sorted({person_code(str(each["name"])) for each in guarantors or ()}))


def _person(work: Work, who: Subject, name: str | None) -> Person | None:
    return Person(sealed=work.seal(who, name), code=person_code(name)) if name else None


def _observed(work: Work, who: Subject, message: Message) -> RecordObservation:
    data: billing.ObservationRecorded = message.data
    note = None
    if data.note is not None or data.evidence is not None:
        note = work.seal(who, {"text": data.note, "evidence": data.evidence})
    return RecordObservation(kind=data.kind, note=note)


def _confirmed(work: Work, who: Subject, message: Message) -> ConfirmRestriction:
    return ConfirmRestriction(service=message.data.service)


def _items_updated(work: Work, who: Subject, message: Message) -> UpdateItems:
    data: ledger.BalanceChanged = message.data
    return UpdateItems(
        ledger_version=data.ledger_version,
        as_of=data.as_of,
        currency=data.currency,
        items=tuple(_item(item) for item in data.items),
        more=data.more,
        prepaid=data.prepaid,
        waiting=data.waiting,
        released=data.reason == _RELEASED,
    )


def _item(state: ledger.ItemState) -> Item:
    return Item(
        item_id=state.item_id,
        item=state.item,
        amount=state.amount,
        principal=state.principal,
        due_on=state.due_on,
        original_due_on=state.original_due_on,
        issued_on=state.issued_on,
        accrual=accrual_of(state.accrual),
        state=state.state,
        in_plan=state.in_plan,
    )


def _reassess(work: Work, who: Subject, message: Message) -> Reassess:
    return Reassess()


def _paid(work: Work, who: Subject, message: Message) -> RecordPayment:
    data: ledger.PaymentAllocated = message.data
    collector = data.collected_by
    creditor: Creditor = work.state(creditor_stream(who.creditor))
    return RecordPayment(
        payment_id=data.payment_id,
        amount=data.amount,
        received_at=data.received_at,
        method=data.method,
        collected_by=None if collector is None else work.seal(who, collector),
        parts=tuple(
            MoneyPart(item_id=part.item_id, amount=part.principal + part.late_fee)
            for part in (*data.parts, *data.recovered)
        ),
        collecting_since=creditor.collectors.get(person_code(collector)) if collector else None,
    )


def _reversed(work: Work, who: Subject, message: Message) -> ReversePayment:
    data: ledger.PaymentReversed = message.data
    return ReversePayment(payment_id=data.payment_id, amount=data.amount)


def _unmatched(work: Work, who: Subject, message: Message) -> NoteUnmatched:
    data: ledger.PaymentUnmatched = message.data
    return NoteUnmatched(
        payment_id=data.payment_id,
        amount=data.amount,
        invoices=tuple(data.invoices),
        until=data.until,
    )


def _delivery(result: str) -> ToCommand:
    def to_command(work: Work, who: Subject, message: Message) -> RecordDelivery:
        data = message.data
        return RecordDelivery(channel=data.channel, result=result, notice_id=data.notice_id)

    return to_command


def _suppressed(work: Work, who: Subject, message: Message) -> RecordDelivery:
    data: notifier.NoticeSuppressed = message.data
    return RecordDelivery(
        channel=data.channel,
        result="suppressed",
        notice_id=data.notice_id,
        reason=data.reason,
    )


def _returned(work: Work, who: Subject, message: Message) -> RecordDelivery:
    data: notifier.NoticeReturned = message.data
    result = "refused" if data.reason == "refused" else "returned"
    return RecordDelivery(channel=data.channel, result=result, notice_id=data.notice_id)


def _acknowledged(work: Work, who: Subject, message: Message) -> AccountCommand:
    data: notifier.NoticeAcknowledged = message.data
    if data.how == "replied":
        return RecordReply()
    return RecordDelivery(channel=data.channel, result="signed", notice_id=data.notice_id)


def _progressed(work: Work, who: Subject, message: Message) -> RecordLegalProgress:
    data: legal.MatterProgressed = message.data
    return RecordLegalProgress(progress=data.step, amount=data.amount, on=data.day)
