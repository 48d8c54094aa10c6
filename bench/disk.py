"""`bytes_per_account`: what an account's life leaves on disk in the four services together.

2,000 lives (`bench/lives.py`), of which some begin on each day of a month, go through the real
services on a simulated clock, on the embedded bus, whose own tables are not counted. Every day ends
with a vacuum of all tables, as autovacuum does it; after the last life the clock goes on until
nothing that is kept for a time only is left. `disk_<service>_<table>_bytes` is what of it each
table takes, with its indexes; `disk_<service>_bloat` how many times what the service's tables take
when they are written anew.
"""

import math
import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from arrears.billing import Event
from arrears.temporary import temporary_folder
from arrears.world import World, one_lane, open_world
from bench.lives import CREDITOR, LAST_DAY, POLICY, ZONE, lives, message
from bench.sizes import Place, sizes, vacuum
from chassis.settings import SERVICES, Settings

ACCOUNTS = int(os.environ.get("BENCH_DISK_ACCOUNTS", "2000"))
DAYS = 30
REST_DAYS = 34
BEGINS_ON = date(2026, 3, 1)


async def measure(
    accounts: int = ACCOUNTS, days: int = DAYS, rest_days: int = REST_DAYS
) -> dict[str, float]:
    """The bytes of each account, all in all and of each table, and what is bloat."""
    with temporary_folder() as folder:
        async with open_world(one_lane(Settings()), folder) as world:
            await begin(world)
            before = await sizes(world.stack)
            await live(world, accounts, days, rest_days)
            await require_lived(world, accounts)
            after = await sizes(world.stack)
            await vacuum(world.stack, full=True)
            anew = await sizes(world.stack)
    return figures(accounts, before, after, anew)


def figures(
    accounts: int,
    before: Mapping[Place, int],
    after: Mapping[Place, int],
    anew: Mapping[Place, int],
) -> dict[str, float]:
    """The figures of the sizes before any account, after their lives, and written anew."""
    grown = {place: size - before.get(place, 0) for place, size in after.items()}
    found: dict[str, float] = {"bytes_per_account": _each(sum(grown.values()), accounts)}
    for service in SERVICES:
        own = [place for place in grown if place.service == service]
        total = _each(sum(grown[place] for place in own), accounts)
        found[f"disk_{service}_bytes"] = total
        found[f"disk_{service}_bloat"] = round(
            sum(after[place] for place in own) / sum(anew[place] for place in own), 2
        )
        for place in own:
            if each := _each(grown[place], accounts):
                found[f"disk_{service}_{place.table}_bytes"] = each
    return found


def _each(size: int, accounts: int) -> int:
    return math.ceil(size / accounts)


async def begin(world: World) -> None:
    """Have the creditor there on the first day."""
    await world.begin(_midnight(BEGINS_ON))
    body = {"name": "Bench", "time_zone": str(ZONE), "currency": "CNY", "policy": POLICY}
    await world.apis.call("dunning", "PUT", f"/v1/creditors/{CREDITOR}", json=body)
    await world.simulation().settle()


async def live(world: World, accounts: int, days: int, rest_days: int) -> None:
    """Let the lives pass, day by day, and then some days."""
    told = _by_instant(accounts, days)
    simulation = world.simulation()
    for day in range(days + LAST_DAY + rest_days):
        today = BEGINS_ON + timedelta(days=day)
        end = _midnight(today + timedelta(days=1)) - timedelta(seconds=1)
        inputs = [(at, _telling(world, told[at])) for at in sorted(told) if at.date() == today]
        await simulation.play(inputs, end)
        await vacuum(world.stack)


async def require_lived(world: World, accounts: int) -> None:
    """Raise `RuntimeError` unless each account had its one case, with both notices sent."""
    creditor = {"creditor": CREDITOR}
    cases = [one["state"] async for one in world.apis.pages("dunning", "/v1/cases", **creditor)]
    sent = [one["state"] async for one in world.apis.pages("notifier", "/v1/notices", **creditor)]
    if Counter(cases) != {"closed": accounts} or Counter(sent) != {"sent": 2 * accounts}:
        raise RuntimeError(f"lives went otherwise: {Counter(cases)} cases, {Counter(sent)} notices")


def _by_instant(accounts: int, days: int) -> Mapping[datetime, Sequence[Event]]:
    found: defaultdict[datetime, list[Event]] = defaultdict(list)
    for life in lives(accounts, BEGINS_ON, days):
        for at, event in life.events():
            found[at].append(event)
    return found


def _telling(world: World, events: Sequence[Event]) -> Any:
    async def tell() -> None:
        await world.bus.publish([message(event, world.settings.partitions) for event in events])

    return tell


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)
