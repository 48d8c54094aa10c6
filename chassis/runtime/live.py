"""A service on the wall clock: the steps of its round side by side, each in a loop of its own.

Each loop sleeps until a bell rings for it (`chassis.runtime.bells`), and has a batch made of what
came while it was under way. A loop that fails logs, waits a little and goes on from what the store
says; nothing it does is kept unless it was committed, so going on is always safe. `check` raises
when a loop stopped for good, which makes `/readyz` say so.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Literal, get_args

from chassis.bus.base import OffsetLost
from chassis.errors import ArrearsError, Misconfigured
from chassis.logging import get_logger
from chassis.metrics import Metrics
from chassis.runtime.bells import Leaps
from chassis.runtime.handling import STOP
from chassis.runtime.lanes import TODO, Lanes
from chassis.runtime.round import Round
from chassis.runtime.sharing import Sharing
from chassis.runtime.signals import is_cancelled, wait_for_signal
from chassis.runtime.watchdog import Step, Watchdog
from chassis.runtime.watching import Watching
from chassis.settings import Settings
from chassis.store.chaining import Chaining
from chassis.store.saving import LaneLost

log = get_logger(__name__)

Loop = Literal["leases", "fetch", "wakes", "relay", "views", "workers", "places", "lag", "forms"]
LOOPS: tuple[Loop, ...] = get_args(Loop)

_STEPS: Mapping[str, Step] = {
    "fetch": "read",
    "wakes": "wake",
    "relay": "publish",
    "views": "project",
}
"""What each loop moves on, as far as it has a position."""
_TICK_SECONDS = 0.5  # between two looks at what is in memory: the clock, and the lanes kept
_WAKE_PAUSE_SECONDS = 0.05  # other lanes' wake-ups are expected here too
_SLOW_SECONDS = 10.0  # after which it is looked whether a bell did not ring
_STOP_SECONDS = 10.0
_BACKOFF_SECONDS = 1.0
_WATCH_SECONDS = 5.0
_PLACES_SECONDS = 3.0
_FOLDS_ANEW = 0  # whoever has this lane
_FORGET_SECONDS = 5.0
_EVENTS_A_TURN = 5_000  # of one lane into the views, before the next lane's turn


class Live:
    """The running loops of one service instance; a measurement may leave some of them out."""

    def __init__(
        self,
        round_: Round,
        settings: Settings,
        metrics: Metrics,
        loops: Collection[Loop] = LOOPS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._round = round_
        self._settings = settings
        self._metrics = metrics
        self._loops = loops
        self._tasks: dict[Loop, asyncio.Task[None]] = {}
        self._lanes = Lanes(round_, settings.batch_size, self._give_up)
        self._sharing = Sharing(round_, self._lanes, metrics, publishes="relay" in loops)
        self._monotonic = monotonic
        self._leaps = Leaps(round_.clock, monotonic)
        self._forget_at = monotonic()
        self._chaining = Chaining(round_.projector.store.pool, monotonic)
        self._folded: tuple[frozenset[str], int] | None = None
        self._stopping = False
        self._fatal: BaseException | None = None
        steps = {_STEPS[name] for name in loops if name in _STEPS}
        watchdog = Watchdog(settings.stall_seconds, monotonic)
        self._watching = Watching(
            round_, metrics, watchdog, steps, self._lanes.anew, self._lanes.came_at
        )
        metrics.at_scrape(metrics.ready, self._is_ready)

    async def start(self) -> None:
        """Take lanes and start the loops."""
        await self._sharing.start()
        self._lanes.reopen.set()
        bodies: Mapping[Loop, Callable[[], Awaitable[None]]] = {
            "leases": self._sharing.keep,
            "fetch": self._fetch,
            "wakes": self._fire,
            "relay": self._publish,
            "views": self._project,
            "workers": self._work,
            "places": self._save_places,
            "lag": self._watch,
            "forms": self._fold_anew,
        }
        loops = [name for name in self._loops if name != "forms" or self._round.refolding]
        self._tasks = {
            name: asyncio.create_task(self._forever(name, bodies[name])) for name in loops
        }

    async def stop(self) -> None:
        """Stop reading, let the batches in hand commit, publish what is committed, and let others
        have the lanes, each as soon as that is done for it; what is written gets its link, and who
        was erased a moment ago is noted.
        """
        self._stopping = True
        held = list(self._round.leases.held)
        working = self._tasks.pop("workers", None)
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(
            self._sharing.leave(),
            self._end_work(working),
            *self._tasks.values(),
            return_exceptions=True,
        )
        await self._lanes.stop()
        await self._round.note_erased()
        await self._chaining.leave(held)

    async def _end_work(self, working: "asyncio.Task[None] | None") -> None:
        """Let the gateways' round end: who is cut off does not know whether a call went out."""
        if working is not None:
            self._round.signals.workers.set()
            await asyncio.wait([working], timeout=_STOP_SECONDS)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    def check(self) -> None:
        """Raise `Misconfigured` when a loop had to give up or a lane stands still."""
        if self._fatal is not None:
            raise Misconfigured(f"{self._metrics.service} stopped working: {self._fatal}")
        if "lag" in self._loops:
            self._watching.check()

    def _is_ready(self) -> float:
        try:
            self.check()
        except ArrearsError:
            return 0.0
        return 1.0

    def _give_up(self, error: BaseException) -> None:
        self._fatal = error

    async def _forever(self, name: Loop, body: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping:
            try:
                await body()
            except (*STOP, OffsetLost) as error:
                self._give_up(error)
                log.exception("loop_gave_up", state=name, error=error, **_advice(error))
                return
            # see the module's docstring
            except (Exception, asyncio.CancelledError) as error:
                if is_cancelled():
                    raise
                log.warning("loop_failed", state=name, error=error)
                if name == "fetch":
                    self._lanes.reopen.set()
                await asyncio.sleep(_BACKOFF_SECONDS)

    # One time round of each loop

    async def _fetch(self) -> None:
        await self._lanes.fetch(_TICK_SECONDS)

    async def _fire(self) -> None:
        if self._leaps.leapt():
            self._round.bells.ring_all()
        fired = await self._each(await self._round.lanes_called(), self._round.fire)
        if not fired:
            seconds = max(_WAKE_PAUSE_SECONDS, self._round.wakes.seconds_until_due())
            await wait_for_signal(self._round.signals.wakes, min(seconds, _TICK_SECONDS))

    async def _publish(self) -> None:
        signals, held = self._round.signals, self._round.leases.held
        if signals.unpublished.isdisjoint(held):
            await wait_for_signal(signals.relay, _SLOW_SECONDS)
        lanes = [lane for lane in signals.unpublished if lane in held]
        results = await asyncio.gather(
            *(self._round.relay(lane) for lane in lanes), return_exceptions=True
        )
        for lane, result in zip(lanes, results, strict=True):
            if isinstance(result, LaneLost):
                self._lanes.anew(lane)
            elif isinstance(result, BaseException):
                raise result

    async def _project(self) -> None:
        """Bring the views up, apart from publishing: nobody's message waits for a table."""
        signals, held = self._round.signals, self._round.leases.held
        if signals.unprojected.isdisjoint(held):
            await wait_for_signal(signals.views, _SLOW_SECONDS)
        behind = sorted(signals.unprojected & held.keys())
        await self._each(behind, partial(self._round.project, at_most=_EVENTS_A_TURN))

    async def _each(self, lanes: Sequence[int], step: Callable[[int], Awaitable[int]]) -> int:
        """Take a step in each lane; one that fails is raised after the others had their turn."""
        done, failures = 0, []
        for lane in lanes:
            try:
                done += await step(lane)
            except LaneLost:
                self._lanes.anew(lane)
            except Exception as error:  # noqa: BLE001
                log.warning("lane_failed", lane=lane, error=error)
                self._round.signals.workers.set()  # one of them may bring what it lacked
                failures.append(error)
        if failures:
            raise failures[0]
        return done

    async def _work(self) -> None:
        try:
            await self._round.work()
        finally:  # a gateway's fault keeps nobody's data longer
            await self._forget()
        await wait_for_signal(self._round.signals.workers, _SLOW_SECONDS)

    async def _forget(self) -> None:
        now = self._monotonic()
        if now >= self._forget_at:
            self._forget_at = now + _FORGET_SECONDS
            await self._round.forget()
            await self._chaining.run(self._round.signals.written)

    async def _save_places(self) -> None:
        await asyncio.sleep(_PLACES_SECONDS)
        await self._round.save_places()

    async def _fold_anew(self) -> None:
        """One instance does it, and again when another has come or gone, which may have left more
        in another form, or when it is another that does it.
        """
        leases, refolding = self._round.leases, self._round.refolding
        if refolding is not None and _FOLDS_ANEW in leases.kept:
            now = leases.members, leases.held[_FOLDS_ANEW]
            if now != self._folded:
                await refolding.run()
                self._folded = now
        await asyncio.sleep(_WATCH_SECONDS)

    async def _watch(self) -> None:
        pause = min(_WATCH_SECONDS, self._settings.stall_seconds / 4)
        began = time.monotonic()
        await asyncio.sleep(pause)
        late = time.monotonic() - began - pause
        self._metrics.loop_late.labels(self._metrics.service).set(late)
        await self._watching.look()
        await self._round.figures.look()


def _advice(error: BaseException) -> dict[str, Any]:
    """What an operator does about an error that trying again does not help, and where it is."""
    if isinstance(error, OffsetLost):
        return {
            "todo": "give the topic back what it lost, or move this service to a store that has "
            "not read from it, then start the service again",
            "topic": error.topic,
            "lane": error.partition,
            "offset": error.offset,
        }
    return {"todo": TODO}
