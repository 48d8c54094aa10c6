"""The rows of notices are the same whether their events are shown one by one or many at once."""

import random
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asyncpg import Connection

from chassis.owed.debtor import DebtorErased
from chassis.store.pool import connected
from chassis.store.stored import Stored
from chassis.store.views import create
from contracts.words.streams import account_stream
from services.notifier.domain import events as e
from services.notifier.views.notices import NOTICES
from tests.support.tables import rows

_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
_ABOUT = e.About("sms", "reminder")


def _requested(notice: str, rng: random.Random) -> Any:
    return e.NoticeRequested(
        notice_id=notice,
        purpose="reminder",
        channel=rng.choice(("sms", "voice")),
        recipients="debtor",
        template="",
        needs_overdue=True,
        ledger_version=1,
        requested_at=_AT + timedelta(seconds=rng.randrange(9)),
        case_id=rng.choice((None, "C-1")),
        policy="mobile",
        policy_version=1,
    )


def _attempted(notice: str, rng: random.Random) -> Any:
    text = rng.choice(("a\nb", "", '{x,"y"}'))
    return e.NoticeAttempted(notice, rng.randrange(3), _AT, _AT.date(), text, text, text.encode())


_KINDS: Sequence[Callable[[str, random.Random], Any]] = (
    _requested,
    _attempted,
    lambda notice, rng: e.NoticeDeferred(notice, _AT, rng.choice(("hours", "limit"))),
    lambda notice, _: e.NoticeReleased(notice),
    lambda notice, rng: e.NoticeSent(notice, f"r{rng.randrange(5)}", _AT, "", "", 1, _ABOUT),
    lambda notice, rng: e.DeliveryRecorded(notice, "read", _AT, _ABOUT, by=rng.choice(("", "B"))),
    lambda *_: DebtorErased(),
    lambda *_: e.OutboxPurged(),
)
_OFTEN = (8, 8, 4, 4, 8, 4, 1, 1)


def _life(rng: random.Random) -> list[Stored]:
    """Events of some notices that came in any order; an id may be used again."""
    found = []
    for position in range(1, 200):
        stream = account_stream("acme", f"A-{rng.randrange(12)}")
        event = rng.choices(_KINDS, _OFTEN)[0](f"N-{rng.randrange(3)}", rng)
        found.append(Stored(stream, position, "", _AT, None, event, 1, position))
    return found


@pytest.fixture
async def connection(database: str) -> AsyncIterator[Connection]:
    async with connected(database, "public") as opened:
        await create(opened, NOTICES, "alone")
        await create(opened, NOTICES, "together")
        yield opened


@pytest.mark.parametrize("seed", range(5))
async def test_many_events_at_once_leave_the_rows_that_they_leave_one_by_one(
    connection: Connection, seed: int
) -> None:
    events = _life(random.Random(seed))
    for one in events:
        await NOTICES.apply(connection, "alone", [one])
    async with connection.transaction():
        await NOTICES.apply(connection, "together", events)
    alone, together = [await rows(connection, table) for table in ("alone", "together")]
    assert together == alone
    assert len(alone) > 20


async def test_a_row_that_is_not_there_is_not_made_by_what_follows(connection: Connection) -> None:
    rng = random.Random(1)
    stream = account_stream("acme", "A-1")
    events = [
        Stored(stream, number, "", _AT, None, _attempted(f"N-{number}", rng), 1, number)
        for number in range(20)
    ]
    async with connection.transaction():
        await NOTICES.apply(connection, "together", events)
    assert not await connection.fetchval("select count(*) from together")
