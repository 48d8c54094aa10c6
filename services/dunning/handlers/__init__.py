"""What dunning does with messages and wake-ups: literal tables from type to command."""

from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg import Connection

from chassis.owed.hearing import sources_told, told_sources_of
from chassis.runtime.routes import AsksFor, MessageRoute, WakeRoute
from chassis.store.work import Work
from contracts import billing, ledger, legal, notifier
from contracts.codec import Message
from contracts.words.streams import Subject, creditor_of, creditor_stream
from contracts.words.streams import subject_of as subject_of_stream
from services.dunning.decisions import Decisions
from services.dunning.domain.case.commands import Wake
from services.dunning.domain.contact.commands import EraseAccount, UpdateAccount
from services.dunning.domain.creditor.commands import RunCalendar
from services.dunning.domain.money.commands import MarkInvoice
from services.dunning.handlers import accounts, from_billing, from_ledger, from_legal, from_notifier
from services.dunning.handlers.routing import (
    ToCommand,
    of_account,
    of_creditor,
    route,
    subject_of,
)
from services.dunning.reports import Facts, creditor_facts, creditor_state


def messages(decisions: Decisions) -> Mapping[str, MessageRoute]:
    """By CloudEvents type: what is loaded, and the command it becomes."""

    def to_account(
        to_command: ToCommand, *, subject: bool = False, beside: AsksFor = False
    ) -> MessageRoute:
        return route(decisions, to_command, subject=subject, beside=beside)

    def account_updated(work: Work, who: Subject, message: Message) -> UpdateAccount:
        return accounts.account_updated(work, who, message, decisions)

    def erased(work: Work, message: Message) -> None:
        who = subject_of(message)
        if decisions.is_set_up(work, who.creditor):  # else there are but messages that wait for it
            decisions.account(work, who, EraseAccount())
        work.erase(who)

    def invoice_marked(work: Work, message: Message) -> None:
        if marks := from_billing.marks(message):
            command = MarkInvoice(item_id=message.data.invoice_id, marks=marks)
            decisions.account(work, subject_of(message), command)

    def collected(work: Work, message: Message) -> None:
        who = subject_of(message)
        decisions.account(work, who, from_billing.collected(work, who, message))

    def cash_counted(work: Work, message: Message) -> None:
        decisions.creditor(work, message.creditor, from_ledger.cash_counted(message))

    return {
        billing.AccountUpserted.TYPE: to_account(account_updated, subject=True),
        ledger.AccountErasureConfirmed.TYPE: MessageRoute(of_account, erased, subject=True),
        billing.InvoiceIssued.TYPE: MessageRoute(_of_account_if_marked, invoice_marked),
        billing.PaymentReceived.TYPE: MessageRoute(
            _of_account_if_collected, collected, subject=True
        ),
        billing.DirectDebitFailed.TYPE: to_account(from_billing.debit_failed),
        billing.ObservationRecorded.TYPE: to_account(
            from_billing.observed, subject=True, beside=True
        ),
        billing.RestrictionConfirmed.TYPE: to_account(from_billing.confirmed),
        ledger.BalanceChanged.TYPE: to_account(from_ledger.items_updated),
        ledger.ItemOverdue.TYPE: to_account(from_ledger.reassess),
        ledger.CreditorSourcesChanged.TYPE: MessageRoute(told_sources_of, sources_told),
        ledger.AccountCleared.TYPE: to_account(from_ledger.reassess),
        ledger.PaymentAllocated.TYPE: to_account(from_ledger.paid, subject=True),
        ledger.PaymentReversed.TYPE: to_account(from_ledger.reversed_),
        ledger.PaymentUnmatched.TYPE: to_account(from_ledger.unmatched),
        ledger.CashDifferenceFound.TYPE: MessageRoute(of_creditor, cash_counted),
        notifier.NoticeSent.TYPE: to_account(
            from_notifier.sent, beside=from_notifier.is_further_call
        ),
        notifier.CallUnanswered.TYPE: to_account(from_notifier.unanswered, beside=True),
        notifier.NoticeDelivered.TYPE: to_account(from_notifier.delivery("delivered")),
        notifier.NoticeFailed.TYPE: to_account(from_notifier.delivery("failed"), beside=True),
        notifier.NoticeRerouted.TYPE: to_account(from_notifier.rerouted, beside=True),
        notifier.NoticeReturned.TYPE: to_account(from_notifier.returned, beside=True),
        notifier.NoticeAcknowledged.TYPE: to_account(from_notifier.acknowledged),
        notifier.NoticeSuppressed.TYPE: to_account(from_notifier.suppressed, beside=True),
        legal.MatterProgressed.TYPE: to_account(from_legal.progressed),
    }


def wakes(decisions: Decisions) -> Mapping[str, WakeRoute]:
    """By aggregate: what is done when its time has come."""

    def account(work: Work, stream: str) -> None:
        decisions.account(work, subject_of_stream(stream), Wake())

    def creditor(work: Work, stream: str) -> None:
        facts: Facts = work.facts
        command = RunCalendar(
            reports=facts.reports,
            any_overdue=facts.any_overdue,
            segments=facts.segments,
            arrears=facts.arrears,
            invoiced=facts.invoiced,
            commission=facts.commission,
        )
        decisions.creditor(work, creditor_of(stream), command)

    async def prepare(connection: Connection, stream: str, now: Any) -> Facts:
        creditor = creditor_of(stream)
        policy = (await creditor_state(connection, creditor)).policy
        pack = decisions.library.get(policy) if policy else None
        return await creditor_facts(connection, creditor, now, pack)

    return {
        "account": WakeRoute(account, streams=_creditor_of_account, beside=True),
        "creditor": WakeRoute(creditor, prepare=prepare),
    }


def _of_account_if_marked(message: Message, lane: int) -> Sequence[str]:
    """Most invoices say nothing of themselves, and then nothing is loaded."""
    return of_account(message, lane) if from_billing.marks(message) else ()


def _of_account_if_collected(message: Message, lane: int) -> Sequence[str]:
    """Of most payments the ledger tells all there is to know, and then nothing is loaded."""
    return of_account(message, lane) if message.data.collected_by is not None else ()


def _creditor_of_account(stream: str, lane: int) -> Sequence[str]:
    return (creditor_stream(creditor_of(stream)),)
