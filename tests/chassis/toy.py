"""The smallest service that uses everything of the chassis: it adds up payments per account."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from chassis.bus.base import Bus, lane_of
from chassis.bus.base import Outgoing as BusMessage
from chassis.errors import NotFound, Rejected
from chassis.runtime.blueprint import Blueprint
from chassis.runtime.outgoing import Outgoing
from chassis.runtime.routes import MessageRoute, WakeRoute
from chassis.runtime.service import Service
from chassis.store import dead_letters
from chassis.store.aggregate import Aggregate
from chassis.store.stored import Stored
from chassis.store.views import View, by_statement
from chassis.store.work import Work
from contracts.billing import AccountErased, AccountUpserted, PaymentReceived
from contracts.codec import Message, encode
from contracts.ledger import AccountCleared
from contracts.words.streams import Subject

REFUSED = 13
FAULTY = 666
NEEDS_SETTING_UP = 404
NEEDS_A_PAYMENT_BEFORE = 405
REFUSED_AS_FIRST = 406
START = datetime(2026, 3, 1, tzinfo=UTC)


class Total(msgspec.Struct, frozen=True):
    """What one account paid, and when somebody looks at it again."""

    amount: int = 0
    payments: int = 0
    wake_at: datetime | None = None
    note: bytes = b""


class Added(msgspec.Struct, frozen=True, tag="Added"):
    amount: int
    wake_at: datetime
    note: bytes = b""


class LookedAt(msgspec.Struct, frozen=True, tag="LookedAt"):
    pass


class Opened(msgspec.Struct, frozen=True, tag="Opened"):
    pass


Event = Added | LookedAt | Opened


def evolve(state: Total, event: Event) -> Total:
    match event:
        case Added():
            return Total(state.amount + event.amount, state.payments + 1, event.wake_at, event.note)
        case LookedAt():
            return msgspec.structs.replace(state, wake_at=None)
        case Opened():
            return msgspec.structs.replace(state, payments=1)


def wake_at(state: Total) -> datetime | None:
    return state.wake_at


ACCOUNT = Aggregate("account", Total, Event, lambda _stream: Total(), evolve, wake_at, cached=True)
TERMS = Aggregate("terms", Total, Event, lambda _stream: Total(), evolve)


def account_stream(message: Message) -> str:
    return f"account-{message.creditor}/{message.subject}"


def streams(message: Message, lane: int) -> Sequence[str]:
    return (account_stream(message), f"terms-{message.creditor}@{lane}")


def on_payment(work: Work, message: Message) -> None:
    data: PaymentReceived = message.data
    stream = account_stream(message)
    if (
        data.amount == NEEDS_SETTING_UP
        and not work.state(f"terms-{message.creditor}@{work.lane}").payments
    ):
        raise NotFound(f"creditor {message.creditor} is not set up")
    if data.amount == NEEDS_A_PAYMENT_BEFORE and not work.state(stream).payments:
        raise NotFound("nothing was paid before")
    if data.amount == REFUSED_AS_FIRST and not work.state(stream).payments:
        raise Rejected("nothing was paid before")
    note = work.seal(Subject(message.creditor, message.subject), {"by": data.collected_by}, "note")
    work.append(stream, [Added(data.amount, work.now + timedelta(days=1), note)])
    if data.amount == REFUSED:
        raise Rejected("thirteen is refused")
    if data.amount == FAULTY:
        raise KeyError("a fault in a handler")


def on_opened(work: Work, message: Message) -> None:
    work.append(f"terms-{message.creditor}@{work.lane}", [Opened()])


def on_erased(work: Work, message: Message) -> None:
    work.erase(Subject(message.creditor, message.subject))


def on_wake(work: Work, stream: str) -> None:
    work.append(stream, [LookedAt()])


def publish(stored: Stored) -> list[Outgoing]:
    if not isinstance(stored.event, Added):
        return []
    creditor, _, account = stored.stream.removeprefix("account-").partition("/")
    return [
        Outgoing(
            AccountCleared(
                account_id=account, ledger_version=stored.version, as_of=stored.at.date()
            ),
            creditor,
            account,
        )
    ]


def _total(stored: Stored) -> tuple[str, tuple[Any, ...]]:
    amount = stored.event.amount if isinstance(stored.event, Added) else 0
    return _ADD, (stored.stream, amount)


_ADD = """insert into {table} as t values ($1, $2, 1) on conflict (stream) do update
set amount = t.amount + excluded.amount, events = t.events + 1"""
TOTALS = View(
    "totals",
    "create table {table} (stream text primary key, amount bigint, events int)",
    by_statement(_total),
)
"""A row per account."""


def blueprint(name: str = "toy") -> Blueprint:
    return Blueprint(
        name=name,
        aggregates=(ACCOUNT, TERMS),
        messages={
            "billing.payment.received.v1": MessageRoute(streams, on_payment, subject=True),
            "billing.account.upserted.v1": MessageRoute(streams, on_opened),
            "billing.account.erased.v1": MessageRoute(streams, on_erased, subject=True),
        },
        wakes={"account": WakeRoute(on_wake)},
        publish=publish,
        reads=("billing",),
        writes=("ledger",),
        views=(TOTALS,),
        retry_after=frozenset({"billing.account.upserted.v1"}),
        forgets=(name,),
        guards=("billing",),
    )


def payment(number: int, account: str, amount: int, **changes: Any) -> bytes:
    data = PaymentReceived(
        payment_id=f"P-{number}",
        account_id=account,
        amount=amount,
        currency="CNY",
        received_at=START,
        method="cash",
        **changes,
    )
    return encode(
        data, id=f"e-{number}", source="upstream", time=START, creditor="acme", subject=account
    )


async def send(bus: Bus, account: str, *values: bytes) -> None:
    key = f"acme/{account}".encode()
    lane = lane_of(key, bus.partitions)
    await bus.publish([BusMessage("billing", lane, key, value) for value in values])


TODAY = date(2026, 3, 1)


async def total(service: Service, account: str) -> Any:
    return (await service.read(f"account-acme/{account}"))[0]


async def parked(service: Service) -> list[Any]:
    async with service.pool.acquire() as connection:
        return await dead_letters.listing(connection, state="parked")


def upserted(identity: str, account: str) -> bytes:
    return encode(
        AccountUpserted(account_id=account),
        id=identity,
        source="upstream",
        time=START,
        creditor="acme",
        subject=account,
    )


def erased(identity: str, account: str) -> bytes:
    return encode(
        AccountErased(account_id=account, reason="asked for"),
        id=identity,
        source="upstream",
        time=START,
        creditor="acme",
        subject=account,
    )


PATIENT = {"lease_seconds": 15.0}
"""For tests that lose no lane: a slow machine then ends no transaction half-way."""
