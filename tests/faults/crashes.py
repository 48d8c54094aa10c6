"""Processes that are killed, stopped or replaced: F1, F2 and F3."""

import asyncio
import signal
from itertools import product
from pathlib import Path

from tests.faults.processes import SERVICES
from tests.faults.running import Fault, Running
from tests.faults.system import LEASE_SECONDS, until

POINTS = (
    "consume.begin",
    "consume.before_commit",
    "consume.after_commit",
    "relay.after_publish",
    "wake.before_commit",
)
_NEVER = {("legal", "wake.before_commit")}
"""What does not happen within weeks."""
PLACES = [at for at in product(SERVICES, POINTS) if at not in _NEVER]
_ZOMBIE_SECONDS = 3 * LEASE_SECONDS


def killed_anywhere(service: str) -> Fault:
    async def act(run: Running) -> None:
        async with run.traffic():
            for _ in range(2):
                await asyncio.sleep(run.rng.uniform(0.3, 1.5))
                await run.system.instances[service].kill()
                await run.system.instances[service].ready()

    return Fault("F1", f"kill −9 of {service} at any time", act)


def killed_at(service: str, point: str) -> Fault:
    async def act(run: Running) -> None:
        async with run.traffic():
            await run.stopped_at(service, point, signal.SIGKILL)
            await run.system.instances[service].ready()

    return Fault("F1", f"kill −9 of {service} at {point}", act)


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


def stopped_at(service: str, point: str) -> Fault:
    """A zombie: it is stopped in the middle, another takes its lanes, and it goes on."""

    async def act(run: Running) -> None:
        system = run.system
        heir = system.instance(service, f"{service}-heir")
        heir.start()
        zombie = system.instances[service]
        await heir.ready()
        async with run.traffic():
            await run.stopped_at(service, point, signal.SIGSTOP)
            await asyncio.sleep(_ZOMBIE_SECONDS)
            zombie.signal(signal.SIGCONT)
        await asyncio.sleep(LEASE_SECONDS)
        run.zombies.append(await zombie.metric("arrears_fence_hits_total"))
        await heir.stop()

    return Fault("F2", f"{service} stopped at {point}, taken over, and back", act)


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
        for one in more:
            one.start()
            await one.ready()
            await asyncio.sleep(LEASE_SECONDS / 2)
        for one in more:
            await one.stop()


FAULTS = (
    *(killed_anywhere(service) for service in SERVICES),
    *(killed_at(*where) for where in PLACES),
    Fault("F1", "kill −9 of notifier as the provider takes it", killed_as_it_is_taken),
    *(stopped_at(*where) for where in PLACES),
    Fault("F3", "rolling restart under load", rolling_restart),
    Fault("F3", "one instance, three, one", scaled_up_and_down),
)
