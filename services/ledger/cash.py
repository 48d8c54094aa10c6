"""What messages and the evening ask of a creditor's cash desks."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from asyncpg import Connection

from chassis.store.reads import states_of
from chassis.store.work import Work
from contracts import billing, dunning
from contracts.codec import Message
from contracts.words.streams import cash_desk_stream, cash_desks_of, creditor_of, receipts_stream
from services.ledger.collectors import code_of, named
from services.ledger.domain.aggregates import CASH_DESK
from services.ledger.domain.cash import commands as c
from services.ledger.domain.cash import receipts
from services.ledger.domain.cash.decide import decide
from services.ledger.domain.cash.state import CashDesk
from services.ledger.domain.events import PaymentReceived
from services.ledger.domain.past import Past

CASH = "cash"


def only_desk(message: Message, lane: int) -> Sequence[str]:
    """The stream of a message about cash handed in."""
    return (cash_desk_stream(message.creditor, lane),)


def receipt_streams(message: Message, lane: int) -> Sequence[str]:
    """The streams of a cash payment: the lane's desk, and the creditor's series of receipts."""
    return (cash_desk_stream(message.creditor, lane), receipts_stream(message.creditor))


def receive(work: Work, message: Message) -> None:
    """Make out a receipt for a cash payment."""
    data: billing.PaymentReceived = message.data
    stream, series = receipt_streams(message, work.lane)
    desk: CashDesk = work.state(stream)
    if not desk.is_open:
        return
    wanted = receipts.NumberReceipt(data.payment_id, desk.day(work.now))
    (numbered,) = receipts.decide(work.state(series), wanted)
    work.append(series, [numbered])
    command = c.TakeCash(
        payment_id=data.payment_id,
        account=message.subject,
        amount=data.amount,
        collected_by=data.collected_by,
        receipt=receipts.receipt_of(numbered),
    )
    work.append(stream, decide(desk, command, work.now))


def take_back(work: Work, message: Message, amount: int, past: Iterable[Past]) -> None:
    """Take so much of a payment that was cash off its receipt."""
    data: billing.PaymentReversed = message.data
    stream = cash_desk_stream(message.creditor, work.lane)
    for at, event in past:
        if not isinstance(event, PaymentReceived) or event.payment_id != data.payment_id:
            continue
        if event.method == CASH:
            desk: CashDesk = work.state(stream)
            command = c.TakeBack(
                payment_id=data.payment_id,
                amount=amount,
                collected_by=named(work.keys, event.collected_by, desk.purses),
                received_at=at,
            )
            work.append(stream, decide(desk, command, work.now))
        return


def deposit(work: Work, message: Message) -> None:
    """Take in what a collector hands in."""
    data: billing.DepositMade = message.data
    stream = cash_desk_stream(message.creditor, work.lane)
    command = c.TakeDeposit(data.collected_by, data.amount)
    work.append(stream, decide(work.state(stream), command, work.now))


def set_desk(work: Work, message: Message) -> None:
    """Open or shut the desk as the creditor's terms say."""
    data: dunning.TermsPublished = message.data
    stream = cash_desk_stream(message.creditor, work.lane)
    command = c.SetDesk(
        keeps=data.cash_desk,
        time_zone=data.time_zone,
        currency=data.currency,
        is_home=data.home_lane == work.lane,
    )
    work.append(stream, decide(work.state(stream), command, work.now))


async def every_desk(connection: Connection, stream: str, now: datetime) -> tuple[CashDesk, ...]:
    """The desks of all lanes of the creditor whose home desk woke."""
    return tuple(await states_of(connection, CASH_DESK, cash_desks_of(creditor_of(stream))))


def count(work: Work, stream: str) -> None:
    """Close the day."""
    desks: tuple[CashDesk, ...] = work.facts
    codes = {name: code_of(work.keys, name) or "" for desk in desks for name in desk.purses}
    work.append(stream, decide(work.state(stream), c.CountCash(desks, codes), work.now))
