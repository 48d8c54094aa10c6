"""The ledger's literal tables: what a message or a wake-up asks of an account."""

from collections.abc import Callable, Sequence
from typing import Any

from chassis.errors import NotFound
from chassis.runtime.routes import MessageRoute, WakeRoute
from chassis.store.work import Work
from contracts import billing, dunning, legal
from contracts.codec import Message
from contracts.words.streams import account_stream, creditor_of, terms_stream
from services.ledger import asked, cash, erasures, numbers
from services.ledger.domain import commands as c
from services.ledger.domain import terms as creditor_terms
from services.ledger.domain.aggregates import ACCOUNT, CASH_DESK, ERASURE
from services.ledger.domain.by_itself import decide_wake
from services.ledger.domain.calendar import local_day
from services.ledger.domain.decide import decide, step
from services.ledger.domain.events import PaymentReversed
from services.ledger.domain.past import Past, archive
from services.ledger.domain.payments import is_of_day
from services.ledger.domain.resimulate import receive_payment as take_payment
from services.ledger.domain.resimulate import reverse_payment
from services.ledger.domain.terms import Terms

ToCommand = Callable[[Any], c.Command]
ToCommandIfAny = Callable[[Any], c.Command | None]
ERASURE_HOURS = 72
"""How long an erasure asked for on the bus waits for a person, where no setting says otherwise."""


def account_and_terms(message: Message, lane: int) -> Sequence[str]:
    """The streams of a message about one account."""
    return (
        account_stream(message.creditor, message.subject),
        terms_stream(message.creditor, lane),
    )


def reversal_streams(message: Message, lane: int) -> Sequence[str]:
    """The streams of a payment taken back: it may have been cash."""
    return (*account_and_terms(message, lane), *cash.only_desk(message, lane))


def payment_streams(message: Message, lane: int) -> Sequence[str]:
    """The streams of a payment: only cash goes through the cash desk."""
    if message.data.method == cash.CASH:
        streams = (*account_and_terms(message, lane), *cash.receipt_streams(message, lane))
        return _and_numbers(streams, message)
    return invoice_streams(message, lane)


def invoice_streams(message: Message, lane: int) -> Sequence[str]:
    """The streams of an invoice."""
    return _and_numbers(account_and_terms(message, lane), message)


def _and_numbers(streams: Sequence[str], message: Message) -> Sequence[str]:
    if message.data.number is None:
        return streams
    return (*streams, numbers.stream_of(message))


def account_streams(message: Message, lane: int) -> Sequence[str]:
    """The stream of what an account tells of itself: the ledger only wants its number."""
    return _and_numbers((), message)


def only_terms(message: Message, lane: int) -> Sequence[str]:
    """The streams of a message about a creditor's terms: they say whether it has a cash desk."""
    return (terms_stream(message.creditor, lane), *cash.only_desk(message, lane))


def history_of(work: Work, stream: str) -> list[Past]:
    """All events of a stream, those this work has yet to commit included."""
    return [Past(stored.at, stored.event) for stored in work.history(stream)]


def _terms(work: Work, message: Message) -> Terms:
    terms: Terms | None = work.state(work.streams[1]).current
    if terms is None:
        raise NotFound(f"creditor {message.creditor} is not set up")
    return terms


def issue_invoice(work: Work, message: Message) -> None:
    """An invoice opens an item."""
    data: billing.InvoiceIssued = message.data
    _do(work, message, asked.invoice(data))
    if data.number is not None:
        numbers.note(work, message, "invoice", data.invoice_id)


def describe_account(work: Work, message: Message) -> None:
    """An account may have a number."""
    if message.data.number is not None:
        numbers.note(work, message, "account", message.subject)


def receive_payment(work: Work, message: Message) -> None:
    """A payment is allocated."""
    data: billing.PaymentReceived = message.data
    command = asked.payment(data, work.keys)
    now, stream = work.now, work.streams[0]
    terms = _terms(work, message)
    if not data.invoices and is_of_day(command, terms, local_day(terms.time_zone, now), now):
        _do(work, message, command)
    else:
        account = work.state(stream)
        events = take_payment(account, command, now, terms, lambda: history_of(work, stream))
        work.append(stream, events)
    if data.method == cash.CASH:
        cash.receive(work, message)
    if data.number is not None:
        numbers.note(work, message, "payment", data.payment_id)


def _do(work: Work, message: Message, command: c.Command) -> None:
    entry = work.entry(work.streams[0])
    events, account = step(entry.state, command, work.now, _terms(work, message))
    work.advance(entry, events, account)


def with_history(to_command: ToCommandIfAny) -> MessageRoute:
    """The route of a command that may bring a closed item back."""

    def handle(work: Work, message: Message) -> None:
        stream = work.streams[0]
        command = to_command(message.data)
        if command is None:
            return
        closed = archive(history_of(work, stream))
        terms = _terms(work, message)
        work.append(stream, decide(work.state(stream), command, work.now, terms, closed))

    return MessageRoute(account_and_terms, handle, history=True)


def plain(to_command: ToCommand) -> MessageRoute:
    """The route of a command that open items alone answer."""

    def handle(work: Work, message: Message) -> None:
        _do(work, message, to_command(message.data))

    return MessageRoute(account_and_terms, handle)


def reverse(work: Work, message: Message) -> None:
    """A payment, or a part of it, counts as never made."""
    data: billing.PaymentReversed = message.data
    stream = work.streams[0]
    command = c.ReversePayment(data.payment_id, data.amount)
    past, terms = history_of(work, stream), _terms(work, message)
    events = reverse_payment(work.state(stream), command, work.now, past, terms)
    work.append(stream, events)
    amount = sum(event.amount for event in events if isinstance(event, PaymentReversed))
    cash.take_back(work, message, amount, past)


def open_case(work: Work, message: Message) -> None:
    """A case keeps its account to the terms of the policy version it is pinned to."""
    data: dunning.CaseOpened = message.data
    if data.terms is not None:
        _do(work, message, c.SetCaseTerms(asked.money(data.terms), data.opened_on))


def move_case(work: Work, message: Message) -> None:
    """A case follows another policy version's terms from a day on."""
    data: dunning.CasePolicyChanged = message.data
    _do(work, message, c.SetCaseTerms(asked.money(data.terms), data.day))


def publish_terms(work: Work, message: Message) -> None:
    """A creditor's terms hold from now on."""
    data: dunning.TermsPublished = message.data
    command = asked.terms(data, work.now)
    stream = work.streams[0]
    work.append(stream, creditor_terms.decide(work.state(stream), command))
    cash.set_desk(work, message)


MESSAGES: dict[str, MessageRoute] = {
    billing.AccountUpserted.TYPE: MessageRoute(
        account_streams, describe_account, subject=numbers.is_numbered
    ),
    billing.InvoiceIssued.TYPE: MessageRoute(
        invoice_streams, issue_invoice, subject=numbers.is_numbered
    ),
    billing.PaymentReceived.TYPE: MessageRoute(
        payment_streams, receive_payment, subject=numbers.is_numbered
    ),
    billing.PaymentReversed.TYPE: MessageRoute(reversal_streams, reverse, history=True),
    billing.DepositMade.TYPE: MessageRoute(cash.only_desk, cash.deposit),
    billing.InvoiceAdjusted.TYPE: with_history(
        lambda data: c.AdjustItem(data.invoice_id, data.adjustment_id, data.change)
    ),
    billing.CreditGranted.TYPE: plain(
        lambda data: c.GrantCredit(data.credit_id, data.amount, data.currency)
    ),
    billing.InvoiceCancelled.TYPE: with_history(lambda data: c.CancelItem(data.invoice_id)),
    billing.AccountErased.TYPE: erasures.requested(hours=ERASURE_HOURS),
    dunning.CaseOpened.TYPE: MessageRoute(account_and_terms, open_case),
    dunning.CasePolicyChanged.TYPE: MessageRoute(account_and_terms, move_case),
    dunning.TermsPublished.TYPE: MessageRoute(only_terms, publish_terms),
    dunning.RetentionEnded.TYPE: erasures.RETENTION,
    dunning.HoldPlaced.TYPE: erasures.HOLD,
    dunning.DisputeOpened.TYPE: with_history(
        lambda data: c.DisputeItems(data.dispute_id, tuple(data.item_ids))
    ),
    dunning.DisputeResolved.TYPE: with_history(asked.resolved),
    dunning.ItemDeferred.TYPE: with_history(
        lambda data: c.DeferItems(tuple(data.item_ids), data.until)
    ),
    dunning.PlanAgreed.TYPE: with_history(lambda data: c.AgreePlan(data.plan_id)),
    dunning.PlanBroken.TYPE: with_history(lambda data: c.EndPlan(data.plan_id)),
    dunning.PlanCompleted.TYPE: with_history(lambda data: c.EndPlan(data.plan_id)),
    dunning.LateFeeStarted.TYPE: plain(lambda data: c.StartLateFee(data.from_day)),
    dunning.LateFeeWaived.TYPE: plain(lambda data: c.WaiveLateFee(data.amount)),
    dunning.FeeCharged.TYPE: plain(asked.fee),
    legal.CostIncurred.TYPE: plain(asked.cost),
    legal.DebtWrittenOff.TYPE: with_history(lambda data: c.WriteOff(tuple(data.item_ids))),
}


def begin_days(work: Work, stream: str) -> None:
    """Money meets its due date, or items become overdue."""
    terms = work.state(_terms_of(stream, work.lane)[0]).current
    work.append(stream, decide_wake(work.state(stream), work.now, terms))


def _terms_of(stream: str, lane: int) -> Sequence[str]:
    return (terms_stream(creditor_of(stream), lane),)


WAKES: dict[str, WakeRoute] = {
    ACCOUNT.name: WakeRoute(begin_days, _terms_of),
    CASH_DESK.name: WakeRoute(cash.count, prepare=cash.every_desk),
    ERASURE.name: erasures.WAKE,
}
