"""`notices_per_second_*`: how fast one notifier sends what is ready, by the gateway it goes to.

`file` is the outbox, `smtp` a mail server (aiosmtpd) and `smpp` a message centre (npm's `smpp`),
each in a process of its own on this machine, which take everything at once. The notices are ready
before; the time is that from the first look at them to the last result stored, with all that the
notifier publishes about it, on a durable PostgreSQL and the embedded bus. Every notice must have
been taken once, by the server's own count, or nothing is told.

`notices_own_share_*` is the share of functions of this project in the processor time of the event
loop's thread, each function without what it calls, from a second run under cProfile. Own code is
what lies in services, chassis, contracts and arrears. What it has others do for it (a regular
expression, a hash, a driver's query) counts as theirs; processor time of other threads (the
writing of files, native threads of a client), of PostgreSQL and of the servers is in neither part.
cProfile makes calls of Python dearer than the work within C, so that the share is rather too high:
it says where to look, not how long it takes.
"""

import asyncio
import cProfile
import os
import pstats
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from bench.sides import GO, READY
from chassis.servers.postgres import EmbeddedPostgres, ensure_database
from services.notifier.dispatch import Dispatcher
from services.notifier.main import build
from services.notifier.settings import NotifierSettings
from tests.notifier.world import World
from tests.support.processes import free_ports
from tests.support.smpp_servers import PASSWORD, SYSTEM_ID, centre

NOTICES = int(os.environ.get("BENCH_NOTICES", "1000"))
CHANNELS = {"file": "sms", "smtp": "email", "smpp": "sms"}
"""By gateway, the channel of its notices."""
_START = datetime(2026, 3, 10, 1, tzinfo=UTC)
_ANY_HOUR = {"from_hour": "00:00", "until_hour": "23:59", "per_seven_days": 99}
_ROOT = Path(__file__).parents[1]
_OWN = tuple(f"{_ROOT / name}{os.sep}" for name in ("services", "chassis", "contracts", "arrears"))
_NO_GATEWAYS = {"smtp_host": "", "sms_url": "", "sms_gateways": ()}
_FIRST_PART = "01"
"""How the header of a long text's first part ends, as the centre keeps it; all here are long."""
_FATES = "select state, count(*) as number from view_notices group by state"

Function = tuple[str, int, str]
Cost = tuple[Any, ...]
"""As pstats has it: calls, calls, seconds without what is called, seconds with it, callers."""


async def measure(number: int = NOTICES) -> dict[str, float]:
    """Every gateway, without and with a profile."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name:
        folder = Path(name)
        async with EmbeddedPostgres(folder / "postgres") as dsn:
            for gateway in CHANNELS:
                database = await ensure_database(dsn, gateway)
                seconds = await _sent(gateway, number, database, folder / gateway)
                found[f"notices_per_second_{gateway}"] = round(number / seconds, 1)
                profile = cProfile.Profile(time.thread_time)
                database = await ensure_database(dsn, f"{gateway}_profiled")
                await _sent(gateway, number, database, folder / f"{gateway}-profiled", profile)
                costs: Mapping[Function, Cost] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
                found[f"notices_own_share_{gateway}"] = own_share(costs)
    return found


def own_share(costs: Mapping[Function, Cost]) -> float:
    """What of the time was spent in our own functions."""
    own = sum(cost[2] for (file, _, _), cost in costs.items() if file.startswith(_OWN))
    share: float = own / sum(cost[2] for cost in costs.values())
    return round(share, 3)


async def _sent(
    gateway: str, number: int, dsn: str, folder: Path, profile: cProfile.Profile | None = None
) -> float:
    """The seconds in which so many notices went out."""
    folder.mkdir()
    async with _TAKERS[gateway](folder) as taker:
        own = NotifierSettings().model_copy(update={"outbox": folder / "outbox", **_NO_GATEWAYS})
        own = NotifierSettings.model_validate(own.model_dump() | dict(taker.settings))
        async with World.open(build, dsn, _START, folder, own=own) as world:
            sending = next(
                one for one in world.service.blueprint.workers if isinstance(one, Dispatcher)
            )
            at_most, sending.batch_max = sending.batch_max, 0  # it sees nothing yet
            await _ask(world, number, CHANNELS[gateway])
            await require_fates(world, {"ready": number})
            sending.batch_max = at_most
            world.service.signals.workers.set()
            began = time.perf_counter()
            with profile or nullcontext():
                await world.settle()
            seconds = time.perf_counter() - began
            await require_fates(world, {"sent": number})
        require_once(await taker.taken(), number)
    return seconds


async def _ask(world: World, number: int, channel: str) -> None:
    """Have so many debtors each with a notice that is ready."""
    await world.terms(contact=_ANY_HOUR)
    for one in range(number):
        account = f"A{one:06d}"
        person = {"phones": [f"138{one:08d}"], "emails": [f"debtor{one}@example.com"]}
        await world.debtor(account, **person)
        version = await world.owes(830000, account=account)
        await world.request(f"N-{one:06d}", account=account, version=version, channel=channel)
    await world.settle()


async def require_fates(world: World, wanted: Mapping[str, int]) -> None:
    """Raise unless the notices are all where they should be."""
    rows = await world.service.pool.fetch(_FATES)
    found = {row["state"]: row["number"] for row in rows}
    if found != wanted:
        raise RuntimeError(f"notices are {found}, not {dict(wanted)}")


def require_once(taken: Mapping[str, int], number: int) -> None:
    """Raise unless so many were taken, each once."""
    if len(taken) != number or set(taken.values()) != {1}:
        raise RuntimeError(f"{sum(taken.values())} of {len(taken)} were taken, not {number}")


class Taker(NamedTuple):
    """What takes the notices: where it is, as settings, and how often it took each."""

    settings: Mapping[str, Any]
    taken: Callable[[], Awaitable[Mapping[str, int]]]


@asynccontextmanager
async def _files(folder: Path) -> AsyncIterator[Taker]:
    async def taken() -> Mapping[str, int]:
        return Counter(path.stem for path in (folder / "outbox").glob("*/*/sms/*.txt"))

    yield Taker({}, taken)


@asynccontextmanager
async def _mails(folder: Path) -> AsyncIterator[Taker]:
    (port,) = free_ports(1)
    command = (sys.executable, "-m", "bench.mail_server", str(port))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)

    async def taken() -> Mapping[str, int]:
        output, _ = await process.communicate(GO)
        found: Mapping[str, int] = orjson.loads(output)
        return found

    try:
        if process.stdout is None or await process.stdout.readline() != READY:
            raise RuntimeError("the mail server did not start")
        where = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none"}
        yield Taker({**where, "smtp_from": "notices@hospital.example"}, taken)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def _texts(folder: Path) -> AsyncIterator[Taker]:
    with centre(folder) as opened:
        where = {"name": "a", "kind": "smpp", "url": f"smpp://127.0.0.1:{opened.port}"}
        login = {"key_id": SYSTEM_ID, "secret": PASSWORD, "source": "10690000"}

        async def taken() -> Mapping[str, int]:
            firsts = [one for one in opened.book() if one["header"].endswith(_FIRST_PART)]
            return Counter(one["to"] for one in firsts)

        yield Taker({"sms_gateways": ({**where, **login},)}, taken)


_TAKERS: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Taker]]] = {
    "file": _files,
    "smtp": _mails,
    "smpp": _texts,
}
