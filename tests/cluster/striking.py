"""What befalls a release in its day, each as an operator or bad luck does it."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from chassis.settings import SERVICES
from tests.cluster.commands import kubectl, pods, run
from tests.cluster.outside import Outside
from tests.cluster.release import Release

Strike = Callable[[], Awaitable[object]]
_NODE = "node-2"
_PAUSE_SECONDS = 2.0


def strikes(release: Release, outside: Outside, rng: random.Random) -> list[tuple[str, Strike]]:
    """By what it is called in the table; each returns when the release is whole again."""
    return [
        ("rolling update", release.upgrade),
        ("a pod of each service killed", lambda: _kill_pods(rng)),
        ("both pods of dunning killed", _kill_dunning),
        ("a node drained", _drain),
        ("the broker restarted", lambda: _restarted(outside.restart_kafka)),
        ("the database restarted", lambda: _restarted(outside.restart_postgres)),
    ]


async def _kill_pods(rng: random.Random) -> None:
    for service in SERVICES:
        found = [one["metadata"]["name"] for one in await pods(_component(service))]
        await _kill(rng.choice(sorted(found)))
        await asyncio.sleep(_PAUSE_SECONDS)
    await _whole()


async def _kill_dunning() -> None:
    await _kill(*(one["metadata"]["name"] for one in await pods(_component("dunning"))))
    await _whole()


async def _drain() -> None:
    drain = ("--ignore-daemonsets", "--delete-emptydir-data", "--timeout=180s")
    await run("kubectl", "drain", _NODE, *drain)
    await _whole()
    await run("kubectl", "uncordon", _NODE)


async def _restarted(restart: Strike) -> None:
    await restart()
    await _whole()


def _component(service: str) -> str:
    return f"app.kubernetes.io/component={service}"


async def _kill(*names: str) -> None:
    await kubectl("delete", "pod", *names, "--grace-period=0", "--force", "--wait=false")


async def _whole() -> None:
    """Wait until every instance that should be there is ready."""
    for service in SERVICES:
        await kubectl("rollout", "status", f"deployment/arrears-{service}", "--timeout=180s")
