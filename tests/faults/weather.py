"""Lines that are cut or dead, providers with moods, clocks that jump, load: F7 and F10 to F12."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx

from tests.faults import traffic
from tests.faults.proxy import Weather
from tests.faults.running import Fault, Running
from tests.faults.system import SECRET

_BURST = 4_000
_NUMBERS = 1_000_000
"""Ids of a burst begin after those of the others, whichever is first."""
CHANGES = (
    datetime(2026, 3, 8, 6, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
    datetime(2026, 4, 4, 15, 30, tzinfo=UTC),
)
"""Half an hour before the clocks of New York and of Berlin go forward, and those of Sydney back."""


def cut(wanted: str, how: str) -> Fault:
    """Connections are cut again and again, while something is under way."""

    async def act(run: Running) -> None:
        proxies = run.system.proxies
        async with run.traffic():
            for _ in range(8):
                await asyncio.sleep(run.rng.uniform(0.1, 0.6))
                (proxies.reset if how == "reset" else proxies.half_close)(wanted)

    return Fault("F12", f"{wanted} {how}", act)


def weather(wanted: str, what: str, seconds: float, sky: Weather) -> Fault:
    async def act(run: Running) -> None:
        with run.system.proxies.weather(wanted, sky):
            async with run.traffic():
                await asyncio.sleep(seconds)
        run.system.proxies.reset(wanted)

    return Fault("F12", f"{wanted} {what}", act)


def any_line(what: str, seconds: float, sky: Weather) -> Fault:
    """A line between two of them, whichever."""

    async def act(run: Running) -> None:
        line = run.rng.choice(sorted(run.system.proxies.links))
        await weather(line, what, seconds, sky).act(run)

    return Fault("F12", f"any line {what}", act)


def provider(mood: str, seconds: float) -> Fault:
    """How the providers are; a text message is asked about, an e-mail in doubt is not repeated."""

    async def act(run: Running) -> None:
        run.system.say(mood)
        try:
            async with run.traffic():
                await asyncio.sleep(seconds)
        finally:
            run.system.say("")
        await run.system.next_ticks(1, 1)

    return Fault("F10", f"provider: {mood}", act)


async def provider_unreachable(run: Running) -> None:
    with run.system.proxies.weather("notifier/s*", Weather(refuses=True)):
        run.system.proxies.reset("notifier/s*")
        async with run.traffic():
            await asyncio.sleep(5)


async def callbacks(run: Running) -> None:
    """Reports of delivery: doubled, forged, late, of nobody; only the true one counts."""
    async with run.traffic():
        await asyncio.sleep(1)
    await run.drain()
    async with run.connected() as connection:
        key = await connection.fetchval(
            "select notice_id from notifier.view_notices where channel = 'sms' and state = 'sent'"
        )
    if key is None:
        return
    now = run.system.instances["notifier"].clock.now()
    true = {"notice_id": key, "result": "delivered"}
    false = {"notice_id": key, "result": "failed"}
    assert await _report(run, "c1", now, false, "forged") == 403
    assert await _report(run, "c2", now - timedelta(minutes=10), false) == 403
    assert await _report(run, "c3", now, {**false, "notice_id": "N-nobody"}) == 404
    for _ in range(3):
        assert await _report(run, f"c-{key}", now, true) == 204
    await run.drain()
    async with run.connected() as connection:
        state = await connection.fetchval(
            "select state from notifier.view_notices where notice_id = $1", key
        )
    assert state == "delivered", f"{key} is {state}"


async def _report(
    run: Running, id_: str, at: datetime, told: dict[str, str], secret: str = SECRET
) -> int:
    body, stamp = json.dumps(told).encode(), str(int(at.timestamp()))
    signed = hmac.new(secret.encode(), f"{id_}.{stamp}.".encode() + body, hashlib.sha256)
    headers = {
        "webhook-id": id_,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(signed.digest()).decode(),
        "content-type": "application/json",
    }
    port = run.system.instances["notifier"].port
    async with httpx.AsyncClient(timeout=30) as client:
        url = f"http://127.0.0.1:{port}/v1/callbacks/sms"
        return (await client.post(url, content=body, headers=headers)).status_code


def clocks(name: str, jump: Callable[[Running], None]) -> Fault:
    async def act(run: Running) -> None:
        async with run.traffic():
            await asyncio.sleep(0.5)
            jump(run)
            await asyncio.sleep(1)

    return Fault("F11", name, act)


def an_hour_ahead(run: Running) -> None:
    for process in run.system.everyone:
        process.clock.shift(timedelta(hours=1))


def an_hour_back(run: Running) -> None:
    for process in run.system.everyone:
        process.clock.shift(timedelta(hours=-1))


def five_minutes_apart(run: Running) -> None:
    ahead, behind = run.rng.sample(run.system.services(), 2)
    ahead.clock.shift(timedelta(minutes=2.5))
    behind.clock.shift(timedelta(minutes=-2.5))


async def over_the_changes(run: Running) -> None:
    """Through the night in which the clocks change next, in steps of twenty minutes."""
    system = run.system
    begin = next((at for at in CHANGES if at > system.now), None)
    if begin is None:
        run.missed = True
        return
    while traffic.instant(system.tick + 1) < begin:
        await system.next_ticks(1, 0.3)
    for step in range(6):
        system.set_clock(begin + step * timedelta(minutes=20))
        await asyncio.sleep(0.4)
    await system.next_ticks(2, 1)


async def burst(run: Running) -> None:
    """Thousands of messages at once, a third of them for one account of each creditor."""
    tick = run.system.tick
    more = traffic.Traffic(run.rng.getrandbits(32), number=(tick + 1) * _NUMBERS)
    more.burst(tick, _BURST // 2)
    run.system.tell_also(more.lines)
    async with run.traffic(1):
        pass


FAULTS = (
    cut("*/postgres", "reset"),
    cut("*/kafka", "reset"),
    cut("*/*", "half-closed"),
    weather("*/kafka", "cut in the middle of a message", 6, Weather(cut_after=20_000)),
    weather("*/postgres", "cut in the middle of a statement", 6, Weather(cut_after=60_000)),
    weather("*/postgres", "dead for 20 s", 20, Weather(black_hole=True)),
    weather("*/kafka", "dead for 20 s", 20, Weather(black_hole=True)),
    any_line("at 1 KiB/s", 8, Weather(bytes_per_second=1024)),
    any_line("100 to 900 ms away", 8, Weather(latency=0.1, jitter=0.8)),
    any_line("dead for 8 s", 8, Weather(black_hole=True)),
    any_line("cut in the middle", 4, Weather(cut_after=5_000)),
    weather("ledger/*", "500 ms away", 10, Weather(latency=0.1, jitter=0.8)),
    weather("dunning/kafka", "at 16 KiB/s", 10, Weather(bytes_per_second=16_384)),
    provider("500", 4),
    provider("429", 4),
    provider("hang", 8),
    provider("drop", 4),
    provider("slow", 8),
    Fault("F10", "provider refuses connections", provider_unreachable),
    Fault("F10", "callbacks doubled, forged and late", callbacks),
    clocks("all clocks an hour ahead", an_hour_ahead),
    clocks("all clocks an hour back", an_hour_back),
    clocks("two services five minutes apart", five_minutes_apart),
    Fault("F11", "over a change of the clocks", over_the_changes),
    Fault("F7", f"{_BURST} messages at once, a third of three accounts", burst),
)
