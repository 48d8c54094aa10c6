"""Reading what mail servers report, and the wishes of debtors that come by e-mail.

A mail is deleted only after what it says is stored, so that a crash between has it read again;
a result told twice changes nothing. A mail that is neither stays and is counted once.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from chassis.errors import Elsewhere, NotFound
from chassis.logging import get_logger
from chassis.runtime.service import Service
from chassis.store.pool import acquire
from chassis.tls import fault_in
from contracts.words.streams import Subject
from services.notifier import reporting
from services.notifier.adapters.bounces import Bounce, read, subject_of
from services.notifier.adapters.envelope import Envelopes
from services.notifier.adapters.mailboxes import FAULTS, Box, Mails
from services.notifier.api import unsubscribe
from services.notifier.due import is_due
from services.notifier.reporting import Report
from services.notifier.unsubscribing import Tokens
from services.notifier.views import notices

log = get_logger(__name__)

Outcome = Literal["failed", "delayed", "declined", "early", "unknown"]

_BATCH_MAX = 50
_PATIENCE_SECONDS = 2
"""How long what is to be sent waits for the mailbox; a turn that takes longer is heard of later."""
_AGAIN_FIRST = timedelta(minutes=10)
_AGAIN_MAX = timedelta(days=1)
_LEFT_MAX = 10_000


@dataclass(frozen=True)
class Left:
    """A mail that stays where it is: when it is looked at again, and how long after that."""

    until: datetime
    pause: timedelta


@dataclass
class Bounces:
    """A worker that reads a mailbox every so often."""

    box: Box
    envelopes: Envelopes
    tokens: Tokens
    every: timedelta
    look_at: datetime | None = None
    done: set[str] = field(default_factory=set)
    left: dict[str, Left] = field(default_factory=dict)
    turn: "asyncio.Task[Mails] | None" = None

    async def __call__(self, service: Service) -> int:
        """One round; answers how many mails were read."""
        now = service.clock.now()
        if self.turn is None:
            if not self._is_due(service, now):
                return 0
            self.look_at = now + self.every
            self.turn = self._begin(service, now)
        await asyncio.wait([self.turn], timeout=_PATIENCE_SECONDS)
        if not self.turn.done():
            return 0
        turn, self.turn = self.turn, None
        try:
            mails = turn.result()
        except FAULTS as error:
            log.warning("mailbox_not_read", error=error, reason=fault_in(error))
            service.metrics.mails_read.labels(service.name, "unreadable").inc()
            return 0
        await self._read(service, mails, now)
        return len(mails)

    def _is_due(self, service: Service, now: datetime) -> bool:
        return _reads(service) and is_due(self.look_at, now, self.every)

    def _begin(self, service: Service, now: datetime) -> "asyncio.Task[Mails]":
        done, self.done = frozenset(self.done), set()
        skip = {key for key, one in self.left.items() if one.until > now}

        async def turn() -> Mails:
            try:
                return await asyncio.to_thread(self.box.turn, done, skip | done, _BATCH_MAX)
            except FAULTS:
                self.done |= done
                raise
            finally:
                service.signals.workers.set()

        return asyncio.create_task(turn())

    async def _read(self, service: Service, mails: Mails, now: datetime) -> None:
        for key, raw in mails:
            outcome = await self._take(service, raw)
            if key not in self.left:
                service.metrics.mails_read.labels(service.name, outcome).inc()
            if outcome in {"early", "unknown"}:
                self._leave(key, outcome, now)
            else:
                self.left.pop(key, None)
                self.done.add(key)
        if self.done or len(mails) == _BATCH_MAX:
            # They are deleted, and what is behind them is read.
            self.look_at = None
            service.signals.workers.set()

    def _leave(self, key: str, outcome: Outcome, now: datetime) -> None:
        known = self.left.pop(key, None)
        pause = min(known.pause * 2, _AGAIN_MAX) if known else _AGAIN_FIRST
        self.left[key] = Left(now + (pause if outcome == "early" else _AGAIN_MAX), pause)
        while len(self.left) > _LEFT_MAX:
            self.left.pop(next(iter(self.left)))

    async def _take(self, service: Service, raw: bytes) -> Outcome:
        """Store what a mail says; only a fault of the store is raised."""
        try:
            await unsubscribe.record(service, self.tokens.read(_last_word(subject_of(raw))))
        except NotFound:
            pass  # most mails are no such wish
        except Elsewhere:
            return "early"
        else:
            return "declined"
        try:
            bounce = read(raw, self.envelopes)
        except Exception as error:
            log.exception("bounce_not_read", error=error)
            return "unknown"
        return "unknown" if bounce is None else await _store(service, bounce)


def _last_word(text: str) -> str:
    return text.rpartition(" ")[2]


def _reads(service: Service) -> bool:
    """Whether this instance reads the mailbox: the one that holds the first lane of its database.
    Two would do no harm, and of several databases each finds its own notices.
    """
    leases = service.leases
    here = (lane for lane in range(leases.partitions) if lane not in leases.away)
    return next(here, None) in leases.held


async def _store(service: Service, bounce: Bounce) -> Outcome:
    async with acquire(service.pool) as connection:
        row = await notices.sent_by(connection, bounce.notice_id, "email")
    if row is None:
        return "early"
    subject = Subject(row["creditor"], row["account"])
    if bounce.fate == "delayed":
        log.info("mail_delayed", creditor=subject.creditor, account=subject.account)
        return "delayed"
    try:
        await reporting.store(
            service, subject, Report("email", bounce.notice_id, "failed", bounce.at)
        )
    except NotFound:
        return "early"  # its sending is not stored yet, or is long forgotten
    return "failed"
