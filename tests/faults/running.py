"""A run: faults one after another on a system that works, and what is found after each."""

import asyncio
import contextlib
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import asyncpg
from aiokafka.errors import KafkaError

from tests.faults import conduct, erasing, invariants, tenants
from tests.faults.invariants import Invariant, Run
from tests.faults.model import expect
from tests.faults.observed import Observed, observe
from tests.faults.processes import SERVICES
from tests.faults.system import System, until
from tests.faults.watching import Watch

RECOVERY_SECONDS_MAX = 180.0
_PAUSE = 1.0
_TRAP_SECONDS = 10.0
_UNANSWERED = (OSError, KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError)
_EPOCH = "select epoch from {s}.store_meta"
AFTER_EACH: tuple[Invariant, ...] = (
    invariants.i1_every_message_has_one_effect,
    invariants.i2_sums_are_exact,
    invariants.i3_streams_have_no_gaps,
    invariants.i4_everything_is_published_and_heard,
    invariants.i5_offsets_only_grow,
    conduct.i7_nothing_follows_the_payment,
    conduct.i8_contacts_keep_hours_and_limits,
)
AT_THE_END: tuple[Invariant, ...] = (
    *AFTER_EACH,
    conduct.i6_notices_are_sent_once,
    conduct.i9_replay_changes_nothing,
    erasing.i10_who_was_erased_is_gone,
    conduct.i11_tenants_see_their_own,
    invariants.i12_comes_back_by_itself,
)


@dataclass(frozen=True)
class Fault:
    """A fault: what is done to the running system, which is whole again when `act` returns."""

    number: str
    name: str
    act: "Callable[[Running], Awaitable[None]]"

    @property
    def title(self) -> str:
        return f"{self.number} {self.name}"


@dataclass
class Done:
    """A fault that was tried: how long the system took, and what was wrong after it."""

    fault: Fault
    recovered: float
    violations: list[str]
    missed: bool
    """The point at which it was to happen was not come by."""

    def __str__(self) -> str:
        said = f"{self.fault.title}: back in {self.recovered:.1f} s"
        said += ", its point was not reached" if self.missed else ""
        return "\n    ".join([said, *self.violations[:5]])


@dataclass
class Running:
    """A system under faults, with all that is known about it from outside."""

    system: System
    rng: Random
    watch: Watch
    pause: float = _PAUSE
    run: Run = field(default_factory=Run)
    done: list[Done] = field(default_factory=list)
    at_the_end: list[str] = field(default_factory=list)
    seen: Observed | None = None
    """What was found last."""
    reached: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Service, point and signal: how often it was struck there."""
    began: float = field(default_factory=time.monotonic)
    missed: bool = False

    # What faults use

    @contextlib.asynccontextmanager
    async def traffic(self, ticks: int = 2) -> AsyncIterator[None]:
        """Let time and messages go by meanwhile; at the end all of them are published."""
        task = asyncio.create_task(self.system.next_ticks(ticks, self.pause))
        try:
            yield
        finally:
            await task

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator["asyncpg.Connection"]:
        """A connection past the proxies."""
        connection = await asyncpg.connect(self.system.store.dsn, timeout=10)
        try:
            yield connection
        finally:
            await connection.close()

    async def stopped_at(self, service: str, point: str, what: signal.Signals) -> bool:
        """Let a service be killed or stopped at a point; whether it came by there in time."""
        process = self.system.instances[service]
        process.trap.write_text(f"{point}:{what.name}")
        try:
            await until(_TRAP_SECONDS, point, lambda: _gone(process.trap))
        except TimeoutError:
            process.trap.unlink(missing_ok=True)
            return False
        self.reached[service, point, what.name] += 1
        return True

    async def struck(self, services: Sequence[str], point: str, what: signal.Signals) -> list[str]:
        """Strike each of the services as it comes by a point; returns those that did."""
        hit = await asyncio.gather(*(self.stopped_at(one, point, what) for one in services))
        self.missed = not any(hit)
        return [service for service, was_hit in zip(services, hit, strict=True) if was_hit]

    # What the plan uses

    async def try_out(self, fault: Fault) -> Done:
        """One fault, with a drain and the invariants after it."""
        violations: list[str] = []
        self.missed = False
        try:
            await fault.act(self)
        # whatever goes wrong in a fault is a finding, and the others are tried all the same
        except Exception as error:  # noqa: BLE001
            violations.append(f"{fault.name}: {type(error).__name__}: {error}")
        began = time.monotonic()
        try:
            await self.drain()
        except TimeoutError as error:
            violations.append(str(error))
            self.run.slow.append(f"{fault.name}: {error}")
        recovered = time.monotonic() - began
        self._sample()
        known = set(self.violations_found)
        violations += [one for one in await self._judged(AFTER_EACH) if one not in known]
        if violations and not self.violations_found:
            await self.system.store.keep(self.system.folder / "stores.sql")
        self.done.append(Done(fault, recovered, violations, self.missed))
        return self.done[-1]

    async def try_last(self, fault: Fault) -> None:
        """A fault that nothing comes back from: what must not happen, the fault says itself."""
        try:
            await fault.act(self)
        # a finding like any other
        except Exception as error:  # noqa: BLE001
            self.done.append(Done(fault, 0, [f"{fault.name}: {error}"], missed=False))
        else:
            self.done.append(Done(fault, 0, [], missed=False))

    async def drain(self) -> None:
        """Wait until nothing is left to do, twice in a row."""
        lag = "nothing measured"

        async def nothing_left() -> bool:
            nonlocal lag
            for _ in range(2):
                try:
                    found = await self.watch.lag(self.system.now)
                except _UNANSWERED as error:
                    lag = f"{type(error).__name__}: {error}"
                    return False
                lag = f"{found}, to be erased: {self.system.erasing}"
                if found.total or self.system.erasing:
                    return False
                await asyncio.sleep(0.3)
            return True

        try:
            await until(RECOVERY_SECONDS_MAX, "drained", nothing_left)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; left: {lag}") from None

    async def finish(self) -> None:
        """Let everything come to its end, then judge all of it."""
        try:
            await self.settle()
        except TimeoutError as error:
            self.run.slow.append(f"at the end: {error}")
        self.at_the_end = await self._judged(AT_THE_END, at_the_end=True)
        if self.at_the_end:
            await self.system.store.keep(self.system.folder / "stores-at-the-end.sql")

    @property
    def violations_found(self) -> list[str]:
        return [text for one in self.done for text in one.violations] + self.at_the_end

    def _sample(self) -> None:
        """Note what each process holds, now that it has nothing to do."""
        for name, process in self.system.instances.items():
            if process.is_running:
                with contextlib.suppress(OSError, ValueError):
                    self.run.samples.setdefault((name, process.starts), []).append(process.sample)

    async def settle(self) -> None:
        """Let three days go by in which nothing is told: what waits for its hour is sent."""
        for _ in range(6):
            await self.system.quiet_ticks(1, 0.5)
            await self.drain()

    async def _judged(self, which: tuple[Invariant, ...], *, at_the_end: bool = False) -> list[str]:
        try:
            return await self.violations(which, at_the_end=at_the_end)
        # a system that cannot be looked at is a finding, and the other faults are tried
        except Exception as error:  # noqa: BLE001
            return [f"not judged: {type(error).__name__}: {error}"]

    async def violations(
        self, which: tuple[Invariant, ...], *, at_the_end: bool = False
    ) -> list[str]:
        """What does not hold, each with the invariant's name; at the end the erased are looked for
        everywhere, and others' tokens are tried.
        """
        system = self.system
        told = expect(system.file, system.tick, system.now)
        async with self.connected() as connection:
            await connection.execute("checkpoint")
            for name in SERVICES:
                epoch = await connection.fetchval(_EPOCH.format(s=name))
                self.run.epochs[name] = epoch
        bootstrap = system.broker.bootstrap
        seen = await observe(system.store.dsn, bootstrap, system.recording, system.folder)
        if at_the_end:
            self.run.answers = await tenants.answers(system)
            seen.places = await erasing.places(system.store.keep, bootstrap, system.folder)
            self.run.looked_in = len(seen.places)
        self.run.backwards, self.run.erased = self.watch.backwards, system.erased
        paid = {
            account
            for account, book in told.books.items()
            if account[1].startswith("late-") and book.net == 0
        }
        found = [
            f"{holds.__name__}: {text}" for holds in which for text in holds(seen, told, self.run)
        ]
        self.run.cleared.append((time.time(), paid))
        self.seen = seen
        return found


async def _gone(path: Path) -> bool:
    return not path.exists()
