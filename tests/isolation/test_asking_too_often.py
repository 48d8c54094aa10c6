"""Whoever asks too often waits, and nobody else does."""

from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI

from chassis.http import create_app
from chassis.http.dev_keys import mint_token
from chassis.http.rates import BUCKETS_MAX, BURST_SECONDS, Buckets
from chassis.metrics import Metrics
from chassis.settings import Settings

TOO_MANY = 429
RATE = 0.5
BURST = int(RATE * BURST_SECONDS)
NEVER = -1


class Time:
    """A clock that stands until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def app_of(settings: Settings) -> FastAPI:
    router = APIRouter(prefix="/v1")

    @router.get("/creditors/{creditor}")
    async def creditor(creditor: str) -> None:
        """Nothing."""

    @router.post("/events")
    async def events() -> None:
        """Nothing."""

    async def ready() -> dict[str, Any]:
        return {"lanes": []}

    return create_app(
        "notes", settings, routers=[router], readiness=ready, metrics=Metrics("notes")
    )


class Asking:
    """Asks one service as anybody."""

    def __init__(self, folder: Path, **rates: float) -> None:
        self._folder = folder
        every: dict[str, Any] = dict.fromkeys(("token_rate", "creditor_rate", "intake_rate"), 0)
        transport = httpx.ASGITransport(app_of(Settings(data_dir=folder, **(every | rates))))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://x")

    async def until_refused(
        self, who: str, path: str = "/v1/creditors/a", creditors: tuple[str, ...] = ("*",)
    ) -> int:
        """How many requests are answered before the first 429."""
        token = mint_token(self._folder, ["admin"], creditors, who)
        method = "POST" if path.endswith("events") else "GET"
        headers = {"Authorization": f"Bearer {token}"} if who else {}
        for number in range(3 * BURST):
            answer = await self._client.request(method, path, headers=headers)
            if answer.status_code == TOO_MANY:
                assert 1 <= int(answer.headers["retry-after"]) <= 1 / RATE
                assert answer.json()["type"] == "urn:arrears:problem:too-many-requests"
                return number
        return NEVER


async def test_a_token_that_asks_too_often_holds_up_no_other(tmp_path: Path) -> None:
    asking = Asking(tmp_path, token_rate=RATE)
    assert await asking.until_refused("ann") == BURST
    assert await asking.until_refused("bea") == BURST
    assert await asking.until_refused("ann", "/v1/creditors/b") == 0
    assert await asking.until_refused("ann", "/v1/events") == NEVER, "it has a figure of its own"
    assert await asking.until_refused("", "/livez") == NEVER


async def test_a_creditor_that_asks_too_often_holds_up_no_other(tmp_path: Path) -> None:
    asking = Asking(tmp_path, creditor_rate=RATE)
    assert await asking.until_refused("ann", "/v1/creditors/a") == BURST
    assert await asking.until_refused("bea", "/v1/other?creditor=a") == 0
    assert await asking.until_refused("cid", "/v1/other", creditors=("a",)) == 0
    assert await asking.until_refused("bea", "/v1/creditors/b") == BURST


async def test_nobody_uses_up_what_another_creditor_may_ask(tmp_path: Path) -> None:
    asking = Asking(tmp_path, creditor_rate=RATE)
    assert await asking.until_refused("eve", "/v1/creditors/a", creditors=("b", "c")) == NEVER
    assert await asking.until_refused("ann", "/v1/creditors/a", creditors=("a",)) == BURST


async def test_events_that_come_too_often_hold_up_no_other_requests(tmp_path: Path) -> None:
    asking = Asking(tmp_path, intake_rate=RATE)
    assert await asking.until_refused("ann", "/v1/events") == BURST
    assert await asking.until_refused("ann", "/v1/creditors/a") == NEVER
    assert await asking.until_refused("bea", "/v1/events") == BURST


async def test_callbacks_without_a_token_are_counted_by_address(tmp_path: Path) -> None:
    asking = Asking(tmp_path, token_rate=RATE)
    assert await asking.until_refused("", "/v1/callbacks/events") == BURST


def test_what_was_used_comes_back_as_time_passes() -> None:
    time = Time()
    buckets = Buckets(time)
    given = [buckets.take(("token", "ann"), RATE) for _ in range(BURST + 1)]
    assert given == [0] * BURST + [1 / RATE]
    time.now += 1 / RATE
    assert buckets.take(("token", "ann"), RATE) == 0
    assert buckets.take(("token", "ann"), RATE) > 0
    time.now += 1_000_000
    given = [buckets.take(("token", "ann"), RATE) for _ in range(BURST + 1)]
    assert given == [0] * BURST + [1 / RATE]


def test_invented_creditors_do_not_fill_the_memory() -> None:
    buckets = Buckets(Time())
    for number in range(BUCKETS_MAX + 500):
        buckets.take(("creditor", str(number)), RATE)
        buckets.take(("token", "ann"), RATE)
    assert len(buckets) == BUCKETS_MAX
    assert buckets.take(("token", "ann"), RATE) > 0, "who asks all the time is not forgotten"
