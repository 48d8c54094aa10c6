"""Telling that a lane was written to whoever works on it: the loops of this process, or the
instance that holds the lane.

Nobody relies on being told. What a notification that is lost would have said is found by the next
look at the store (`chassis.runtime.watching`).
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chassis.clock import Clock
from chassis.logging import get_logger
from chassis.runtime.handed import Handed
from chassis.runtime.leases import Leases
from chassis.runtime.signals import AT_ONCE, Signals
from chassis.store.pool import acquire
from chassis.store.work import Work

log = get_logger(__name__)

_TELL = "select pg_notify($1, 'written ' || lane) from unnest($2::int[]) lane"
_WRITTEN = "written "
_LEAP = timedelta(seconds=1)


@dataclass
class Bells:
    """Rings for the lanes that were written to; `channel` is where the instances of the service
    tell one another.
    """

    leases: Leases
    signals: Signals
    handed: Handed
    channel: str
    _others: set[int] = field(default_factory=set)
    """Lanes somebody else is to be told of."""
    _telling: "asyncio.Task[None] | None" = None

    def committed(self, work: Work) -> None:
        """Tell what a unit of work wrote; it must be committed."""
        lanes = work.touched()
        self._hand_over(work)
        if work.wake_at is not None and work.wake_at > work.now:
            self.signals.expect(work.wake_at)
        elif work.wake_at is not None:
            self.signals.notify_wakes({work.lane, *lanes} & self.leases.held.keys())
        if work.has_letters:
            self.signals.letters.add(work.lane)
        if work.calls_workers:
            self.signals.workers.set()
        self._ring(lanes, is_shown=work.is_shown)

    def ring(self, lanes: Iterable[int]) -> None:
        """Tell that something was committed in some lanes, of which no more is known."""
        lanes = list(lanes)
        for lane in lanes:
            self.handed.forget(lane)
            self.signals.letters.add(lane)
        self._ring(lanes, is_shown=False)

    def _hand_over(self, work: Work) -> None:
        if work.before is not None and work.lane in self.leases.held:
            self.handed.put(work.lane, work.before, work.stored)
            return
        for lane in work.lanes():
            self.handed.forget(lane)

    def _ring(self, lanes: Iterable[int], *, is_shown: bool) -> None:
        for lane in lanes:
            if lane in self.leases.held:
                self.signals.notify_relay([lane])
                if not is_shown:
                    self.signals.notify_views([lane])
            if lane not in self.leases.kept and self.leases.members - {self.leases.instance}:
                self._others.add(lane)
        if self._others and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell())

    def ring_all(self) -> None:
        """Have everything looked at: nobody knows what was missed."""
        self.handed.clear()
        self.signals.letters.update(self.leases.held)
        self.signals.notify_relay(self.leases.held)
        self.signals.notify_views(self.leases.held)
        self.signals.expect(AT_ONCE)
        self.signals.workers.set()

    def heard(self, told: str) -> bool:
        """Take note of what another instance wrote; False for what is told of something else."""
        if not told.startswith(_WRITTEN):
            return False
        lane = int(told.removeprefix(_WRITTEN))
        if lane in self.leases.held:
            self.handed.forget(lane)
            self.signals.letters.add(lane)
            self.signals.notify(lane)
            self.signals.expect(AT_ONCE)
        return True

    async def _tell(self) -> None:
        while lanes := list(self._others):
            self._others.clear()
            try:
                async with acquire(self.leases.pool) as connection:
                    await connection.execute(_TELL, self.channel, lanes)
            # they find it by themselves
            except Exception as error:  # noqa: BLE001
                log.info("others_not_told", count=len(lanes), error=error)


class Leaps:
    """Notices when a clock was set, or the machine slept: it went on otherwise than time passed."""

    def __init__(self, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._seen = self._look()

    def leapt(self) -> bool:
        """Whether it leapt since this was asked last."""
        (now, at), (then, before) = self._look(), self._seen
        self._seen = now, at
        return abs(now - then - timedelta(seconds=at - before)) > _LEAP

    def _look(self) -> tuple[datetime, float]:
        return self._clock.now(), self._monotonic()
