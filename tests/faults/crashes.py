"""Processes that are killed, stopped or replaced: F1, F2 and F3."""

import asyncio
import signal
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from tests.faults.processes import SERVICES
from tests.faults.running import Fault, Running
from tests.faults.system import until

POINTS = (
    "consume.begin",
    "consume.before_commit",
    "commit.shown",
    "consume.after_commit",
    "relay.after_publish",
    "wake.before_commit",
)
_NEVER = {("legal", "wake.before_commit")}
"""What does not happen within weeks."""
PLACES = [at for at in product(SERVICES, POINTS) if at not in _NEVER]
_ZOMBIE_LEASES = 2.2
_TICKS = 4


def killed_anywhere(service: str) -> Fault:
    async def act(run: Running) -> None:
        async with run.traffic():
            for _ in range(2):
                await asyncio.sleep(run.rng.uniform(0.3, 1.5))
                await run.system.instances[service].kill()
                await run.system.instances[service].ready()

    return Fault("F1", f"kill −9 of {service} at any time", act)


def killed_at(point: str, *services: str) -> Fault:
    """Each of the services is killed as it comes by there, whoever of them is first."""

    async def act(run: Running) -> None:
        async with run.traffic(_TICKS):
            await run.struck(services, point, signal.SIGKILL)
        await run.system.ready()

    return Fault("F1", f"kill −9 of {_told(services)} at {point}", act)


async def killed_as_it_is_taken(run: Running) -> None:
    """The provider takes its time: it has the notice, and the notifier cannot write that down."""
    run.system.say("slow")
    log = run.system.folder / "gateway.jsonl"
    before = len(log.read_text()) if log.exists() else 0
    async with run.traffic(6):
        try:
            await until(20, "a notice", lambda: _grown(log, before))
        except TimeoutError:
            run.missed = True
        finally:
            await run.system.instances["notifier"].kill()
            run.system.say("")
    await run.system.instances["notifier"].ready()


async def _grown(log: Path, before: int) -> bool:
    return len(log.read_text()) > before


def stopped_at(point: str, *services: str) -> Fault:
    """Zombies: they are stopped in the middle, others take their lanes, and they go on."""

    async def act(run: Running) -> None:
        system = run.system
        heirs = [system.instance(service, f"{service}-heir") for service in services]
        for heir in heirs:
            heir.start()
        try:
            await asyncio.gather(*(heir.ready() for heir in heirs))
            async with run.traffic(_TICKS):
                stopped = await run.struck(services, point, signal.SIGSTOP)
                await asyncio.sleep(_ZOMBIE_LEASES * system.lease_seconds)
                for service in stopped:
                    system.instances[service].signal(signal.SIGCONT)
            await asyncio.sleep(system.lease_seconds)
            for service in stopped:
                await system.instances[service].ready()
                hits = await system.instances[service].metric("arrears_fence_hits_total")
                run.run.zombies.append(hits)
        finally:
            await asyncio.gather(*(heir.stop() for heir in heirs))

    return Fault("F2", f"{_told(services)} stopped at {point}, taken over, and back", act)


def _told(services: Sequence[str]) -> str:
    return "all services" if len(services) == len(SERVICES) else ", ".join(services)


async def rolling_restart(run: Running) -> None:
    async with run.traffic():
        for name in SERVICES:
            await run.system.instances[name].stop()
            await run.system.instances[name].ready()


async def scaled_up_and_down(run: Running) -> None:
    """One, three and one instance again, while lanes change hands every few seconds."""
    system = run.system
    service = run.rng.choice(SERVICES)
    async with run.traffic():
        more = [system.instance(service, f"{service}-{number}") for number in (2, 3)]
        try:
            for one in more:
                one.start()
                await one.ready()
                await asyncio.sleep(system.lease_seconds / 2)
        finally:
            for one in more:
                await one.stop()


def _at(point: str) -> list[str]:
    return [service for service, where in PLACES if where == point]


FAULTS = (
    *(killed_anywhere(service) for service in SERVICES),
    *(killed_at(point, *_at(point)) for point in POINTS),
    Fault("F1", "kill −9 of notifier as the provider takes it", killed_as_it_is_taken),
    *(stopped_at(point, *_at(point)) for point in POINTS),
    Fault("F3", "rolling restart under load", rolling_restart),
    Fault("F3", "one instance, three, one", scaled_up_and_down),
)
