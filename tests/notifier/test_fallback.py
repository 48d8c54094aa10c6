"""A notice goes on by its next channel when one fails for good: it stays one notice."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from contracts import ledger, notifier
from services.notifier.adapters.breaker import Breaker
from services.notifier.adapters.gateway import Lookup, Parcel
from services.notifier.dispatch import Dispatcher
from services.notifier.domain.commands import AttemptResult
from services.notifier.main import dispatcher
from services.notifier.ways import Way
from tests.notifier.conftest import Open
from tests.notifier.test_crashes import with_ways
from tests.notifier.world import World
from tests.support.service_world import ACCOUNT

TAKEN = AttemptResult("accepted", "p-1")


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


class Book:
    """A gateway that answers as told, and writes down what it was given."""

    def __init__(self, *answers: AttemptResult) -> None:
        self.answers = list(answers)
        self.given: list[tuple[str, str]] = []
        self.dies = False
        self.can_tell = False

    async def send(self, parcel: Parcel) -> AttemptResult:
        if self.dies:
            raise Killed
        self.given.append((parcel.notice_id, parcel.body))
        return self.answers.pop(0) if self.answers else TAKEN

    async def find(self, parcel: Parcel) -> Lookup:
        return Lookup("not_sent" if self.can_tell else "cannot_tell")

    async def forget(self, creditor: str, channel: str, notice_id: str) -> None:
        self.given.remove(next(one for one in self.given if one[0] == notice_id))


class Told:
    """A notifier with such gateways, a debtor who owes, and a notice by text message, else by call,
    else by letter.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = {one: Book() for one in ("sms", "voice", "letter")}
        workers = world.service.blueprint.workers
        old = next(one for one in workers if isinstance(one, Dispatcher))
        fresh = dispatcher(old.preparation.settings, world.clock.now)
        ways = {
            name: [Way(name, book, Breaker(5, timedelta(minutes=1)))]
            for name, book in self.books.items()
        }
        fresh = with_ways(fresh, ways)
        world.service.round.workers = (partial(fresh, world.service),)

    async def ask(self, *, debtor: dict[str, Any] | None = None, **changes: Any) -> None:
        await self.world.terms()
        await self.world.debtor(**(debtor or {}))
        version = await self.world.owes(830000)
        given = {"channel": "sms", "fallback": ["voice", "letter"]} | changes
        await self.world.request(version=version, **given)

    async def report(self, channel: str, result: str) -> None:
        async with self.world.client("operations") as client:
            body = {"channel": channel, "result": result, "notice_id": "N-1"}
            answer = await client.post(f"/v1/accounts/{ACCOUNT}/deliveries", json=body)
            assert answer.is_success, answer.text
        await self.world.run()

    async def opt_out(self, channel: str) -> None:
        async with self.world.client("operations") as client:
            await client.put(f"/v1/accounts/{ACCOUNT}/opt-outs/{channel}")

    async def row(self) -> dict[str, Any]:
        async with self.world.client("manager") as client:
            found: dict[str, Any] = (await client.get("/v1/notices/N-1")).json()
        return found

    async def stands(self) -> str:
        row = await self.row()
        tried = [f"{one['channel']} {one['reason']}" for one in row["tried"]]
        return " > ".join([*tried, f"{row['channel']} {row['state']} {row['reason']}".strip()])

    async def published(self) -> list[str]:
        found = await self.world.published("notifier")
        return [f"{one.type.split('.')[2]} {one.data.channel}" for one in found]

    def sent(self, channel: str) -> list[str]:
        return [notice for notice, _ in self.books[channel].given]


@pytest.fixture
async def told(open_world: Open) -> Told:
    return Told(await open_world())


async def test_a_number_that_is_refused_is_called_and_hears_what_is_read_out(told: Told) -> None:
    told.books["sms"].answers = [AttemptResult("refused", reason="sms_422")]
    await told.ask()
    await told.world.run()
    assert await told.stands() == "sms sms_422 > voice sent"
    assert await told.published() == ["rerouted sms", "sent voice"]
    (_, texted), (_, spoken) = told.books["sms"].given[0], told.books["voice"].given[0]
    assert texted != spoken
    (event,) = await told.world.of(notifier.NoticeRerouted)
    assert (event.data.notice_id, event.data.next_channel) == ("N-1", "voice")


async def test_the_first_usable_channel_is_taken(told: Told) -> None:
    await told.ask(debtor={"phones": ["n/a"]})
    await told.opt_out("letter")
    await told.world.run()
    assert await told.stands() == (
        "sms no_address > voice no_address > letter suppressed opted_out"
    )
    assert (await told.published())[-1] == "suppressed letter"


async def test_nobody_is_without_address_whom_a_channel_reaches(told: Told) -> None:
    """The creditor hears `no_address` only when no channel had one."""
    told.books["sms"].answers = [AttemptResult("refused", reason="sms_422")]
    await told.ask(debtor={"addresses": []}, fallback=["letter"])
    await told.world.run()
    assert await told.stands() == "sms sms_422 > letter failed sms_422"


async def test_without_any_address_it_ends_as_before(told: Told) -> None:
    await told.ask(debtor={"phones": [], "addresses": ["无"]})
    await told.world.run()
    assert await told.stands() == "sms no_address > voice no_address > letter suppressed no_address"


async def test_what_was_not_taken_goes_on_after_its_last_attempt(told: Told) -> None:
    told.books["sms"].answers = [AttemptResult("unavailable", reason="sms_503")] * 6
    await told.ask()
    await told.world.run(told.world.clock.now() + timedelta(hours=10))
    assert len(told.sent("sms")) == 6
    assert await told.stands() == "sms sms_503 > voice sent"


async def test_what_nobody_knows_the_fate_of_goes_by_no_other_channel(told: Told) -> None:
    told.books["sms"].answers = [AttemptResult("unknown", reason="timeout")]
    await told.ask()
    await told.world.run(told.world.clock.now() + timedelta(days=9))
    assert await told.stands() == "sms failed unknown"
    assert told.sent("voice") == told.sent("letter") == []


async def test_a_crash_on_the_way_to_the_next_channel_loses_and_doubles_nothing(told: Told) -> None:
    told.books["sms"].answers = [AttemptResult("refused", reason="sms_422")]
    told.books["voice"].dies = told.books["voice"].can_tell = True
    await told.ask()
    with pytest.raises(Killed):
        await told.world.run()
    assert await told.stands() == "sms sms_422 > voice sending"
    told.books["voice"].dies = False
    await told.world.run(told.world.clock.now() + timedelta(hours=1))
    assert await told.stands() == "sms sms_422 > voice sent"
    assert (told.sent("sms"), told.sent("voice")) == (["N-1"], ["N-1"])


async def test_what_is_reported_as_failed_goes_on_once_and_what_comes_late_is_harmless(
    told: Told,
) -> None:
    await told.ask()
    await told.world.run()
    await told.report("sms", "failed")
    await told.report("sms", "failed")
    assert await told.stands() == "sms failed > voice sent"
    await told.report("voice", "failed")
    await told.report("sms", "delivered")
    row = await told.row()
    assert (row["channel"], row["state"]) == ("letter", "sent")
    assert [told.sent(one) for one in told.books] == [["N-1"]] * 3
    assert (await told.published())[:2] == ["sent sms", "rerouted sms"]


async def test_what_arrives_after_all_before_the_next_channel_is_used_needs_none(
    told: Told,
) -> None:
    await told.ask()
    await told.world.run(told.world.clock.now() + timedelta(hours=12))
    await told.report("sms", "failed")
    assert await told.stands() == "sms failed > voice waiting hours"
    await told.report("sms", "delivered")
    await told.world.run(told.world.clock.now() + timedelta(days=2))
    assert (await told.row())["state"] == "delivered"
    assert told.sent("voice") == []


async def test_after_the_term_or_in_a_pause_it_does_not_go_on(told: Told) -> None:
    await told.ask()
    await told.world.run(told.world.clock.now() + timedelta(days=4))
    await told.report("sms", "failed")
    assert await told.stands() == "sms failed"
    assert told.sent("voice") == []


async def test_the_cheapest_usable_channel_goes_first(open_world: Open) -> None:
    costs = {"*": {"sms": 9, "voice": 5}, "other": {"letter": 1}}
    told = Told(await open_world(channel_costs=costs))
    await told.ask(choose="cheapest")
    await told.opt_out("voice")
    await told.world.run()
    assert await told.stands() == "voice opted_out > sms sent"


async def test_an_erasure_reaches_every_channel_that_was_tried(told: Told) -> None:
    await told.ask()
    await told.world.run()
    await told.report("sms", "failed")
    await told.world.publish(ledger.AccountErasureConfirmed(account_id=ACCOUNT))
    await told.world.run()
    assert [told.sent(one) for one in told.books] == [[]] * 3
