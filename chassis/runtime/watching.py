"""Where the lanes of a running instance stand: for metrics and lag tools, and to raise an alarm
when one of them stands still.
"""

import time
from collections.abc import Callable, Collection
from typing import Protocol

from chassis.errors import Misconfigured, Transient
from chassis.logging import get_logger
from chassis.metrics import Metrics
from chassis.runtime.ages import Ages
from chassis.runtime.round import Round
from chassis.runtime.watchdog import Place, Stall, Standing, Step, Watchdog

log = get_logger(__name__)

_REPORT_AGAIN_SECONDS = 60.0  # what did not move is told again, to a bus that may have forgotten it
_TODO: dict[Step, str] = {
    "read": "look for batch_failed and loop_failed of this lane: they say what fails; it is read "
    "anew from where the store stands, in a minute with all others, and if neither helps, restart "
    "this instance",
    "wake": "look for loop_failed and lane_failed of this lane: they say what fails",
    "publish": "look for loop_failed of the relay: it says what fails; is the bus full?",
    "project": "look for loop_failed of the views: it says what fails",
}


class Anew(Protocol):
    """Has a lane read anew; `again` when that was tried before."""

    def __call__(self, lane: int, *, again: bool = False) -> None: ...


CameAt = Callable[[str, int], float | None]
"""When the first message of a topic and a lane that is not consumed came, in seconds of the epoch.
"""


def nobody_knows(_topic: str, _lane: int) -> None:
    """What a bus says that dates no messages."""


class Watching:
    """Looks after the lanes one instance holds. `anew` has a lane read anew, `came_at` says how old
    is what it has to read.
    """

    def __init__(
        self,
        round_: Round,
        metrics: Metrics,
        watchdog: Watchdog,
        steps: Collection[Step],
        anew: Anew,
        came_at: CameAt = nobody_knows,
    ) -> None:
        self._round = round_
        self._metrics = metrics
        self._watchdog = watchdog
        self._steps = steps
        self._anew = anew
        self._came_at = came_at
        self._ages = Ages(watchdog.monotonic)

    async def look(self) -> None:
        """Report where everything stands, and tell of what does not move."""
        try:
            found = await self._found()
        except Exception:
            self._watchdog.miss()
            raise
        for stall in self._watchdog.look(found):
            self._tell(stall)
        service = self._metrics.service
        self._metrics.stalled.clear()
        for place in found:
            self._metrics.stalled.labels(service, place.step, str(place.lane)).set(0)
        for stall in self._watchdog.stalls:
            step, lane, _ = stall.place
            self._metrics.stalled.labels(service, step, str(lane)).set(stall.seconds)

    def check(self) -> None:
        """Raise `Misconfigured` when a lane stands still, `Transient` when nobody could look."""
        stalls = self._watchdog.stalls
        if stalls:
            raise Misconfigured("; ".join(sorted(stall.sentence() for stall in stalls)))
        blind = self._watchdog.blind_seconds()
        if blind > 2 * self._watchdog.seconds:
            raise Transient(f"store or bus do not say for {int(blind)} s where the lanes stand")

    def _tell(self, stall: Stall) -> None:
        step, lane, topic = stall.place
        log.error(
            "lane_stalled",
            state=step,
            lane=lane,
            topic=topic,
            offset=stall.standing.position,
            lag=stall.standing.waiting,
            reason=stall.sentence(),
            todo=_TODO[step],
        )
        if step == "read":
            self._anew(lane, again=stall.is_told)

    async def _found(self) -> dict[Place, Standing]:
        found = await self._written() | await self._read()
        return {place: standing for place, standing in found.items() if place.step in self._steps}

    async def _read(self) -> dict[Place, Standing]:
        """How far the topics are read; a lane that is held and not read at all counts too."""
        reading = self._round.reading
        ends = await reading.ends()
        await self._round.report_positions(again_seconds=_REPORT_AGAIN_SECONDS)
        found: dict[Place, Standing] = {}
        self._metrics.lag.clear()
        self._metrics.lag_seconds.clear()
        for lane in self._round.leases.held:
            for topic in reading.topics:
                position = reading.positions.get((topic, lane))
                place, end = Place("read", lane, topic), ends.get((topic, lane), 0)
                if position is not None:
                    self._measure(place, position, end)
                found[place] = Standing(position or 0, max(0, end - (position or 0)))
        self._ages.forget_all_but(set(found))
        self._round.signals.unread = {
            lane: sum(standing.waiting for place, standing in found.items() if place.lane == lane)
            for lane in self._round.leases.held
        }
        return found

    def _measure(self, place: Place, position: int, end: int) -> None:
        """How much is not consumed, and for how long the oldest of it has been there; of a lane
        that is not read yet nobody knows.
        """
        topic, labels = place.topic or "", (place.topic, str(place.lane))
        seconds = self._ages.look(place, position, end)
        came = self._came_at(topic, place.lane) if end > position else None
        if came is not None:
            seconds = max(0.0, time.time() - came)
        service = self._metrics.service
        self._metrics.lag.labels(service, *labels).set(max(0, end - position))
        self._metrics.lag_seconds.labels(service, *labels).set(seconds)

    async def _written(self) -> dict[Place, Standing]:
        """How far what is committed was published, shown and woken."""
        found: dict[Place, Standing] = {}
        has_views, fired = bool(self._round.projector.names), self._round.wakes.fired
        for one in await self._round.look():
            found[Place("publish", one.lane)] = Standing(one.published, one.unpublished)
            if has_views:
                behind = max(0, one.last - one.shown)
                found[Place("project", one.lane)] = Standing(one.shown, behind)
            if one.is_due:
                found[Place("wake", one.lane)] = Standing(fired[one.lane], 1)
        return found
