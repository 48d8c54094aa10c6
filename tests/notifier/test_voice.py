"""Calls by a dialler over real HTTP: what it is told, what it reports, and when it calls again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from contracts import dunning
from tests.notifier.conftest import Open
from tests.notifier.world import World
from tests.support.dialler import SECRET, Dialler
from tests.support.service_world import ACCOUNT, ZONE

NOTICE = "N-1"
CALLBACK = "https://notifier/v1/callbacks/voice"
SENT, UNANSWERED = "notifier.notice.sent.v1", "notifier.call.unanswered.v1"
DELIVERED, FAILED = "notifier.notice.delivered.v1", "notifier.notice.failed.v1"


@dataclass
class Calling:
    world: World
    dialler: Dialler

    async def begin(self, **changes: Any) -> None:
        await self.world.terms(**changes)
        await self.world.debtor()
        version = await self.world.owes(830000)
        await self.world.request(NOTICE, version=version, channel="voice")
        await self.world.run()

    async def report(self, reference: str, result: str, call_id: str = "") -> int:
        app, now = self.world.service.app, self.world.clock.now()
        return await self.dialler.report(app, reference, result, now, call_id)

    async def nobody_takes(self, reference: str, result: str = "no_answer") -> None:
        """The dialler reports, and time passes until the next day's calls are over."""
        assert await self.report(reference, result) == 204
        await self.pass_days(1)

    async def pass_days(self, days: float) -> None:
        await self.world.run(self.world.clock.now() + timedelta(days=days))

    async def told(self) -> list[str]:
        await self.world.run()
        return [one.type for one in await self.world.published("notifier")]

    async def shown(self) -> dict[str, Any]:
        async with self.world.client("collector") as client:
            answer: dict[str, Any] = (await client.get(f"/v1/notices/{NOTICE}")).json()
            return answer


@pytest_asyncio.fixture
async def calling(open_world: Open) -> AsyncIterator[Calling]:
    dialler = Dialler()
    async with AsyncExitStack() as exits:
        server = await exits.enter_async_context(
            await asyncio.start_server(dialler.serve, "127.0.0.1", 0)
        )
        world = await open_world(
            voice_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}",
            voice_secret=SECRET,
            voice_callback_url=CALLBACK,
            callback_secrets={"voice": SECRET},
        )
        yield Calling(world, dialler)


def hour_of(text: str) -> tuple[int, int]:
    local = datetime.fromisoformat(text).astimezone(ZONE)
    return local.day, local.hour


async def test_a_call_is_a_job_with_the_hours_in_which_it_may_be_made(calling: Calling) -> None:
    await calling.begin()
    assert calling.dialler.log == [NOTICE]
    assert calling.dialler.forged == 0
    job = calling.dialler.book[NOTICE]
    assert (job["to"], job["language"], job["callback"]) == ("+8613800138000", "zh", CALLBACK)
    assert "8,300.00" in job["text"]
    assert hour_of(job["not_before"]) == (10, 9)
    assert hour_of(job["not_after"]) == (10, 20)


async def test_an_answered_call_is_delivered_and_never_made_again(calling: Calling) -> None:
    await calling.begin()
    assert await calling.report(NOTICE, "answered") == 204
    await calling.pass_days(3)
    assert await calling.told() == [SENT, DELIVERED]
    assert calling.dialler.log == [NOTICE]


async def test_what_nobody_takes_is_tried_on_later_days_and_fails_after_the_last(
    calling: Calling,
) -> None:
    await calling.begin()
    await calling.nobody_takes(NOTICE, "busy")
    await calling.nobody_takes(f"{NOTICE}.call2", "machine")
    assert DELIVERED not in await calling.told()
    assert FAILED not in await calling.told()
    await calling.nobody_takes(f"{NOTICE}.call3")
    await calling.pass_days(3)
    assert calling.dialler.log == [NOTICE, f"{NOTICE}.call2", f"{NOTICE}.call3"]
    days = [hour_of(calling.dialler.book[one]["not_before"]) for one in calling.dialler.log]
    assert days == [(10, 9), (11, 8), (12, 8)]
    assert await calling.told() == [SENT, UNANSWERED] * 3 + [FAILED]
    told = [one.data for one in await calling.world.published("notifier")][:-1]
    assert [one.call for one in told] == [1, 1, 2, 2, 3, 3]
    assert [one.how for one in told[1::2]] == ["busy", "machine", "no_answer"]
    shown = await calling.shown()
    assert shown["state"] == "failed"
    assert [one["result"] for one in shown["unanswered"]] == ["busy", "machine", "no_answer"]


async def test_it_waits_as_dunning_has_planned(calling: Calling) -> None:
    await calling.begin()
    await calling.report(NOTICE, "no_answer")
    later = datetime(2026, 3, 15, 9, tzinfo=ZONE)
    for call, not_before in (
        (2, later),
        (3, later + timedelta(days=9)),
        (2, later - timedelta(days=1)),
    ):
        await calling.world.publish(
            dunning.CallPlanned(
                notice_id=NOTICE, account_id=ACCOUNT, call=call, not_before=not_before
            ),
            ACCOUNT,
        )
    await calling.world.run()
    shown = await calling.shown()
    assert (shown["state"], shown["reason"]) == ("waiting", "frequency")
    await calling.pass_days(6)
    assert calling.dialler.log == [NOTICE, f"{NOTICE}.call2"]
    assert hour_of(calling.dialler.book[f"{NOTICE}.call2"]["not_before"]) == (15, 9)


async def test_while_it_waits_for_the_next_call_the_notice_says_why(calling: Calling) -> None:
    await calling.begin()
    await calling.report(NOTICE, "no_answer")
    assert ((await calling.shown())["state"], (await calling.shown())["reason"]) == (
        "waiting",
        "no_answer",
    )
    await calling.world.run(calling.world.clock.now() + timedelta(hours=2))
    assert (await calling.shown())["reason"] == "called"
    assert await calling.report(NOTICE, "answered") == 204
    await calling.pass_days(2)
    assert calling.dialler.log == [NOTICE]
    assert await calling.told() == [SENT, UNANSWERED, DELIVERED]


async def test_a_late_or_doubled_report_of_a_call_counts_once(calling: Calling) -> None:
    await calling.begin()
    for number in range(3):
        assert await calling.report(NOTICE, "no_answer", f"r-{number}") == 204
    await calling.pass_days(1)
    assert calling.dialler.log == [NOTICE, f"{NOTICE}.call2"]
    assert await calling.report(NOTICE, "no_answer", "late") == 204
    await calling.pass_days(1)
    assert calling.dialler.log == [NOTICE, f"{NOTICE}.call2"]
    assert (await calling.shown())["state"] == "sent"


async def test_whoever_pays_is_not_called_again(calling: Calling) -> None:
    await calling.begin()
    await calling.report(NOTICE, "no_answer")
    await calling.world.owes(0)
    await calling.pass_days(3)
    assert calling.dialler.log == [NOTICE]
    assert (await calling.shown())["reason"] == "cleared"


async def test_a_further_call_is_a_contact_and_waits_for_room_in_the_seven_days(
    calling: Calling,
) -> None:
    contact = {"from_hour": "08:00", "until_hour": "20:00", "per_seven_days": 2}
    await calling.begin(contact=contact)
    await calling.nobody_takes(NOTICE)
    await calling.nobody_takes(f"{NOTICE}.call2")
    await calling.pass_days(6)
    days = [hour_of(calling.dialler.book[one]["not_before"]) for one in calling.dialler.log]
    assert days == [(10, 9), (11, 8), (17, 8)]


async def test_nobody_is_called_on_the_day_of_a_visit(calling: Calling) -> None:
    world = calling.world
    task = {
        "task_id": "T-1", "kind": "visit", "owner": "collector", "case_id": "C-1",
        "account_id": ACCOUNT, "day": "2026-03-10", "policy": "mobile", "version": 1,
        "step": "s6", "reason": "day 10",
    }  # fmt: skip
    await world.terms()
    await world.publish(dunning.TaskRequested.model_validate(task))
    await calling.begin()
    assert calling.dialler.log == []
    await calling.pass_days(1)
    assert hour_of(calling.dialler.book[NOTICE]["not_before"]) == (11, 8)


async def test_a_dialler_that_cannot_call_back_is_asked(calling: Calling) -> None:
    await calling.begin()
    calling.dialler.book[NOTICE]["status"] = "no_answer"
    await calling.world.run(calling.world.clock.now() + timedelta(minutes=2))
    await calling.pass_days(1)
    assert calling.dialler.log == [NOTICE, f"{NOTICE}.call2"]
    calling.dialler.book[f"{NOTICE}.call2"]["status"] = "answered"
    calling.world.clock.set(calling.world.clock.now() + timedelta(minutes=2))
    assert DELIVERED in await calling.told()


@pytest.mark.parametrize(
    ("mood", "state", "made"),
    [("refuses", "failed", 0), ("broken", "unknown", 0), ("busy", "waiting", 0),
     ("hangs up", "sent", 1)],
)  # fmt: skip
async def test_a_dialler_in_trouble_makes_each_call_once_at_most(
    calling: Calling, mood: str, state: str, made: int
) -> None:
    calling.dialler.mood = mood
    await calling.begin()
    assert (await calling.shown())["state"] in (state, "waiting")
    assert calling.dialler.log == [NOTICE] * made
    calling.dialler.mood = "well"
    await calling.pass_days(1)
    assert len(calling.dialler.log) == (0 if mood == "refuses" else 1)


async def test_a_forged_report_changes_nothing(calling: Calling) -> None:
    await calling.begin()
    late = calling.world.clock.now() - timedelta(minutes=6)
    app = calling.world.service.app
    assert await calling.dialler.report(app, NOTICE, "answered", late) == 403
    assert await calling.report(NOTICE, "signed") == 422
    assert await calling.told() == [SENT]


async def test_after_the_last_call_the_notice_goes_on_by_its_next_channel(
    calling: Calling,
) -> None:
    await calling.world.terms()
    await calling.world.debtor()
    version = await calling.world.owes(830000)
    await calling.world.request(NOTICE, version=version, channel="voice", fallback=["letter"])
    await calling.world.run()
    await calling.nobody_takes(NOTICE)
    await calling.nobody_takes(f"{NOTICE}.call2")
    assert (await calling.shown())["channel"] == "voice"
    await calling.nobody_takes(f"{NOTICE}.call3")
    shown = await calling.shown()
    assert (shown["channel"], shown["state"]) == ("letter", "sent")
    assert FAILED not in await calling.told()
