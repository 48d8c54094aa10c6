"""Reading on the wall clock: one fetcher for all lanes an instance holds, and a task per lane that
consumes what was fetched for it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from chassis.bus.base import Record
from chassis.logging import get_logger
from chassis.runtime.backlog import FIRST_SIZE, Backlog
from chassis.runtime.handling import STOP
from chassis.runtime.round import Round
from chassis.runtime.signals import is_cancelled, wait_for_signal
from chassis.store.offsets import Positions
from chassis.store.overdue import LATE_PARTS
from chassis.store.saving import LaneLost

log = get_logger(__name__)

TODO = (
    "put right what the reason names, then start this instance again: it goes on where its "
    "store stands, nothing is lost"
)
_BACKOFF_SECONDS = 1.0
_STOP_SECONDS = 20.0
_ROOM_SECONDS = 0.05  # how long lanes with room wait for those without


class Lanes:
    """The tasks of the lanes that are read.

    They follow the lanes the instance keeps. One that is gained, lost or fails is begun, ended or
    read anew by itself, after `anew` too, and the others never wait for it. After `reopen.set()`
    everything is read again by a new reader from where the store stands: that is for a reader that
    fails. The lanes wait then until all their batches in hand have ended. `give_up` is told what
    trying again does not help.
    """

    def __init__(
        self,
        round_: Round,
        batch_size: int,
        give_up: Callable[[BaseException], None],
        stop_seconds: float = _STOP_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.reopen = asyncio.Event()
        self._round = round_
        self._batch_size = batch_size
        self._give_up = give_up
        self._stop_seconds = stop_seconds
        self._monotonic = monotonic
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._backlogs: dict[int, Backlog] = {}
        self._room = asyncio.Event()
        """Some backlog may have room again."""
        self._changed = asyncio.Event()
        """The instance may keep other lanes than before, or one was found."""
        self._found: dict[int, Positions] = {}
        """Where the lanes stand that are to be begun or read anew."""
        self._ended: set[int] = set()
        """Those whose task has ended because they were not kept; they may be again before anybody
        looks, and are begun anew then.
        """
        self._sizes: dict[int, int] = {}
        """How large the next batch may be of a lane that was read before."""

    async def fetch(self, wait_seconds: float) -> None:
        """Hand what comes next to the lanes it belongs to, as far as they have room."""
        if self.reopen.is_set():
            await self._begin_again()
        await self._follow()
        reading = self._round.reading
        if reading.reader is None:
            await wait_for_signal(self._changed, wait_seconds)
            return
        if any(one.is_full for one in self._backlogs.values()):
            await wait_for_signal(self._room, _ROOM_SECONDS)
            wait_seconds = 0
        without = [lane for lane, one in self._backlogs.items() if one.is_over or one.is_full]
        size = self._batch_size * max(1, len(self._tasks))
        for lane, records in (await reading.fetch(size, wait_seconds, without)).items():
            if lane in self._backlogs:
                self._backlogs[lane].put(records)

    def look(self) -> None:
        """Take note that the instance keeps other lanes than before."""
        self._changed.set()

    async def finish(self, lane: int, seconds: float) -> None:
        """Let a lane's batch in hand end within a time; what else was fetched of it is dropped."""
        if lane in self._backlogs:
            self._backlogs[lane].end()
            self._ended.add(lane)
        if lane in self._tasks:
            await _end([self._tasks[lane]], seconds)

    def anew(self, lane: int, *, again: bool = False) -> None:
        """Have one lane read anew after the batch in hand; all of them where that was tried
        before.
        """
        if lane in self._backlogs:
            self._backlogs[lane].end()
        if again:
            self.reopen.set()

    def came_at(self, topic: str, lane: int) -> float | None:
        """When the first message of a topic that is not consumed came onto the bus, in seconds of
        the epoch; None where it was not read yet, or the bus does not say.
        """
        backlog = self._backlogs.get(lane)
        first = None if backlog is None else backlog.first_of(topic)
        at = 0 if first is None else first.timestamp or 0
        return at / 1000 if at > 0 else None

    async def stop(self) -> None:
        """Let the batches in hand commit; what else was fetched is read again another time."""
        tasks, self._tasks = list(self._tasks.values()), {}
        backlogs, self._backlogs = list(self._backlogs.values()), {}
        for backlog in backlogs:
            backlog.end()
        await _end(tasks, self._stop_seconds)

    async def _follow(self) -> None:
        """Begin, end and read anew the lanes for which that is due."""
        kept = self._round.leases.kept
        if self._backlogs.keys() != kept or self._ended:
            gone = {lane for lane in self._backlogs if lane not in kept or lane in self._ended}
            self._ended.clear()
            for lane in gone:
                self._backlogs.pop(lane).end()
                self._found.pop(lane, None)
                self._tasks[lane].add_done_callback(partial(self._forget, lane))
            await self._round.reading.drop(gone)
            for lane in kept - self._backlogs.keys():
                self._look_for(lane)
        if self._found:
            found, self._found = self._found, {}
            places = {place: at for each in found.values() for place, at in each.items()}
            await self._round.reading.take(places)
            for lane in found:
                self._begin(lane)

    async def _begin_again(self) -> None:
        await self.stop()
        self.reopen.clear()
        self._found.clear()
        self._ended.clear()
        lanes = list(self._round.leases.kept)
        try:
            await self._round.reading.reopen(lanes)
        except BaseException:
            self.reopen.set()
            raise
        for lane in lanes:
            self._begin(lane)

    def _forget(self, lane: int, _ended: object) -> None:
        """The batch in hand of a lane that is kept no more has ended: it needed the positions."""
        if lane not in self._backlogs:
            self._round.reading.forget(lane)

    def _look_for(self, lane: int) -> None:
        """Begin on a lane that was gained: where it stands comes first."""
        backlog = self._backlogs[lane] = self._backlog(lane)
        backlog.end()
        self._tasks[lane] = asyncio.create_task(self._find(lane, backlog))

    def _begin(self, lane: int) -> None:
        backlog = self._backlogs[lane] = self._backlog(lane)
        self._tasks[lane] = asyncio.create_task(self._consume(lane, backlog))
        self._round.signals.begin(lane)

    def _backlog(self, lane: int) -> Backlog:
        size = self._sizes.get(lane, min(FIRST_SIZE, self._batch_size))
        return Backlog(size, self._batch_size, self._room)

    async def _consume(self, lane: int, backlog: Backlog) -> None:
        """Consume a lane until told to stop or something fails; then it is read again."""
        try:
            is_over = await self._consume_all(lane, backlog)
        finally:
            backlog.end()
            self._sizes[lane] = backlog.size
        if not is_over:
            await self._find(lane, backlog)

    async def _consume_all(self, lane: int, backlog: Backlog) -> bool:
        """Consume what comes up to the end or a failure; True when trying again does not help."""
        while records := await backlog.next():
            began = self._monotonic()
            try:
                await self._round.consume(lane, records)
            except LaneLost:
                break
            except STOP as error:
                self._give_up(error)  # the other lanes go on
                log.exception("lane_gave_up", error=error, todo=TODO, **_batch(lane, records))
                return True
            # rolled back as a whole; read again from the store's offsets
            except (Exception, asyncio.CancelledError) as error:
                backlog.end()
                # it may have taken longer than a transaction may: a part of it takes part of that
                backlog.size = max(1, len(records) // LATE_PARTS)
                if is_cancelled():
                    raise
                log.warning("batch_failed", error=error, **_batch(lane, records))
                self._round.signals.workers.set()  # one of them may bring what it lacked
                await asyncio.sleep(_BACKOFF_SECONDS)
                break
            backlog.took(self._monotonic() - began)
        return False

    async def _find(self, lane: int, backlog: Backlog) -> None:
        """Learn where a lane stands whose backlog has ended, so that it is read on from there."""
        while self._backlogs.get(lane) is backlog and lane in self._round.leases.kept:
            try:
                found = await self._round.find(lane)
            except STOP as error:
                self._give_up(error)
                log.exception("lane_gave_up", lane=lane, error=error, todo=TODO)
                return
            # as in `_consume_all`
            except (Exception, asyncio.CancelledError) as error:
                if is_cancelled():
                    raise
                log.warning("lane_failed", lane=lane, error=error)
                await asyncio.sleep(_BACKOFF_SECONDS)
            else:
                if self._backlogs.get(lane) is backlog:
                    self._found[lane] = found
                    self._changed.set()
                return
        if self._backlogs.get(lane) is backlog:
            self._ended.add(lane)


async def _end(tasks: Sequence["asyncio.Task[None]"], seconds: float) -> None:
    """Wait for some lanes' tasks; those that take too long are cancelled."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)  # none may work on beside a new one


def _batch(lane: int, records: Sequence[Record]) -> dict[str, Any]:
    """What a log line says of a batch: the first of its records, and how many they are."""
    first = records[0]
    return {"lane": lane, "topic": first.topic, "offset": first.offset, "count": len(records)}
