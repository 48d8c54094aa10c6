"""What messages and the evening ask of a creditor's tills."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from asyncpg import Connection

from chassis.store.reads import states_of
from chassis.store.work import Work
from contracts import billing, dunning
from contracts.codec import Message
from contracts.words.streams import creditor_of, till_stream, tills_of
from services.ledger.domain import cash
from services.ledger.domain.aggregates import TILL
from services.ledger.domain.events import PaymentReceived
from services.ledger.domain.resimulate import Past

CASH = "cash"


def only_till(message: Message, lane: int) -> Sequence[str]:
    """The stream of a message about cash handed in."""
    return (till_stream(message.creditor, lane),)


def receive(work: Work, message: Message) -> None:
    """Make out a receipt for a cash payment."""
    data: billing.PaymentReceived = message.data
    stream = till_stream(message.creditor, work.lane)
    work.append(
        stream,
        cash.receive(
            work.state(stream),
            payment_id=data.payment_id,
            account=message.subject,
            amount=data.amount,
            collected_by=data.collected_by,
            now=work.now,
            lane=work.lane,
        ),
    )


def take_back(work: Work, payment_id: str, amount: int, past: Iterable[Past]) -> None:
    """Take so much of a payment that was cash off its receipt."""
    stream = work.streams[-1]
    for at, event in past:
        if not isinstance(event, PaymentReceived) or event.payment_id != payment_id:
            continue
        if event.method == CASH:
            events = cash.take_back(
                work.state(stream),
                payment_id=payment_id,
                amount=amount,
                collected_by=event.collected_by,
                received=at,
            )
            work.append(stream, events)
        return


def deposit(work: Work, message: Message) -> None:
    """Take in what a collector hands in."""
    data: billing.DepositMade = message.data
    stream = till_stream(message.creditor, work.lane)
    events = cash.deposit(
        work.state(stream), collected_by=data.collected_by, amount=data.amount, now=work.now
    )
    work.append(stream, events)


def set_desk(work: Work, message: Message) -> None:
    """Open or shut the till as the creditor's terms say."""
    data: dunning.TermsPublished = message.data
    stream = till_stream(message.creditor, work.lane)
    events = cash.set_desk(
        work.state(stream),
        keeps=data.cash_desk,
        time_zone=data.time_zone,
        currency=data.currency,
        is_home=data.home_lane == work.lane,
        now=work.now,
    )
    work.append(stream, events)


async def every_till(connection: Connection, stream: str, now: datetime) -> list[cash.Till]:
    """The tills of all lanes of the creditor whose home till woke."""
    return await states_of(connection, TILL, tills_of(creditor_of(stream)))


def count(work: Work, stream: str) -> None:
    """Close the day."""
    work.append(stream, cash.count(work.state(stream), work.facts, work.now))
