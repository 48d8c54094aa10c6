"""A store of an earlier version: events in an older form, kept states in another."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import pytest

from chassis.errors import BrokenInvariant, Misconfigured
from chassis.runtime.blueprint import Blueprint
from chassis.store.aggregate import Aggregate
from chassis.store.forms import form_of, refold_changed
from chassis.store.work import Work
from tests.chassis import toy
from tests.chassis.conftest import OpenToy

ONE, TWO, TERMS = "account-acme/one", "account-acme/two", "terms-acme@0"


class Largest(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state of the next version: it also knows the largest payment, and looks later."""

    amount: int = 0
    largest: int = 0
    wake_at: datetime | None = None


def evolve(state: Largest, event: toy.Event) -> Largest:
    if not isinstance(event, toy.Added):
        return state
    later = event.wake_at.replace(year=2030)
    return Largest(state.amount + event.amount, max(state.largest, event.amount), later)


def next_version(**changes: Any) -> Blueprint:
    account = Aggregate(
        "account",
        Largest,
        toy.Event,
        lambda _stream: Largest(),
        evolve,
        lambda state: state.wake_at,
        **changes,
    )
    return replaced(account)


def replaced(account: Aggregate[Any, Any]) -> Blueprint:
    values = vars(toy.blueprint())
    return Blueprint(**(values | {"aggregates": (account, toy.TERMS)}))


@pytest.fixture
async def older(open_toy: OpenToy) -> None:
    """A store that the version before filled and left."""
    service = await open_toy()
    for stream, amount in ((ONE, 3), (ONE, 2), (TWO, 5), (TERMS, 1)):
        event = toy.Added(amount, toy.START)
        await service.execute("acme/one", [stream], partial(_append, stream, event))
    await service.leases.leave()


def _append(stream: str, event: toy.Event, work: Work) -> None:
    work.append(stream, [event])


async def spoil(service: Any, stream: str) -> None:
    """Makes a kept state unreadable: whoever reads it afterwards has folded it anew."""
    await service.pool.execute("update state set data = 'spoilt' where stream = $1", stream)


@pytest.mark.usefixtures("older")
class TestAStateOfAnotherForm:
    async def test_is_folded_anew_with_its_wake_up(self, open_toy: OpenToy) -> None:
        service = await open_toy(blueprint=next_version())
        assert await service.read(ONE) == (Largest(5, 3, toy.START.replace(year=2030)), 2)
        assert await service.next_wake() == toy.START.replace(year=2030)

    async def test_is_never_read_as_it_is(self, open_toy: OpenToy) -> None:
        await spoil(await open_toy(), ONE)
        service = await open_toy(blueprint=next_version())
        assert (await service.read(ONE))[0].amount == 5

    async def test_leaves_the_states_of_other_aggregates_alone(self, open_toy: OpenToy) -> None:
        await spoil(await open_toy(), TERMS)
        service = await open_toy(blueprint=next_version())
        with pytest.raises(msgspec.DecodeError):
            await service.read(TERMS)

    async def test_is_folded_anew_once(self, open_toy: OpenToy) -> None:
        await spoil(await open_toy(blueprint=next_version()), ONE)
        service = await open_toy(blueprint=next_version())
        with pytest.raises(msgspec.DecodeError):
            await service.read(ONE)

    async def test_or_of_an_unknown_one_is_folded_anew(self, open_toy: OpenToy) -> None:
        service = await open_toy()
        await spoil(service, ONE)
        await service.pool.execute("update store_meta set state_forms = '{}'")
        assert (await (await open_toy()).read(ONE))[0].amount == 5

    async def test_is_not_looked_for_where_no_form_changed(self, open_toy: OpenToy) -> None:
        """A start does not take longer the more states there are."""
        service = await open_toy()
        async with service.pool.acquire() as connection, connection.transaction():
            await connection.execute("lock table state in access exclusive mode")
            async with asyncio.timeout(60):
                assert await refold_changed(service.store, "toy-1", 1.0) == {}

    async def test_waits_until_no_other_instance_runs(self, open_toy: OpenToy) -> None:
        running = await open_toy(settings={"lease_seconds": 60.0})
        await running.leases.refresh()
        with pytest.raises(Misconfigured, match="stop all instances"):
            await open_toy(blueprint=next_version(), settings={"lease_seconds": 60.0})
        await running.leases.leave()
        service = await open_toy(blueprint=next_version(), settings={"lease_seconds": 60.0})
        assert (await service.read(ONE))[0].largest == 3


def total(**changes: Any) -> Aggregate[Any, Any]:
    options: dict[str, Any] = {
        "state": toy.Total,
        "evolve": toy.evolve,
        "wake_at": toy.wake_at,
    } | changes
    return Aggregate("account", events=toy.Event, initial=lambda _stream: toy.Total(), **options)


def like_total(name: str = "Total", **changes: Any) -> type[msgspec.Struct]:
    fields: dict[str, tuple[Any, Any]] = {
        "amount": (int, 0),
        "payments": (int, 0),
        "wake_at": (datetime | None, None),
    }
    fields["note"] = (bytes, b"")
    fields |= changes
    listed = [(key, *value) for key, value in fields.items()]
    return msgspec.defstruct(name, listed, frozen=True)


class TestAForm:
    def test_is_the_same_whatever_the_class_is_called(self) -> None:
        assert form_of(total()) == form_of(total(state=like_total("Sum")))

    @pytest.mark.parametrize(
        "changes",
        [
            {"revision": 2},
            {"state": like_total(amount=(str, ""))},
            {"state": like_total(amount=(int, 1))},
            {"state": like_total(more=(int, 0))},
            {"state": like_total(note=(like_total("Inner"), like_total("Inner")()))},
        ],
        ids=["revision", "type", "default", "field", "struct inside"],
    )
    def test_is_another_when_something_is_written_otherwise(self, changes: dict[str, Any]) -> None:
        assert form_of(total()) != form_of(total(**changes))


def renamed(data: dict[str, Any]) -> dict[str, Any]:
    """What was called `sum` is called `amount`; the type was another, too."""
    if "sum" not in data:
        return data
    return {"type": "Added", "amount": data["sum"], "wake_at": data["wake_at"]}


class TestAnEventOfAnOlderForm:
    @pytest.fixture
    def account(self) -> Aggregate[Any, Any]:
        return total(upcasts={"Added": renamed, "Summed": renamed})

    @pytest.mark.parametrize("kind", ["Added", "Summed"])
    async def test_is_read_wherever_events_are_read(
        self, open_toy: OpenToy, account: Aggregate[Any, Any], kind: str
    ) -> None:
        service = await open_toy(blueprint=replaced(account))
        await service.pool.execute(
            "insert into events (lane, stream, version, type, at, data) "
            "values (0, $1, 1, $2, $3, $4)",
            ONE,
            kind,
            toy.START,
            msgspec.json.encode({"type": kind, "sum": 7, "wake_at": toy.START}),
        )
        assert [each.event for each in await service.events(ONE)] == [toy.Added(7, toy.START)]
        await service.rebuild(lambda _done, _all: None)
        assert (await service.read(ONE))[0].amount == 7

    def test_one_of_today_stays_as_it_is(self, account: Aggregate[Any, Any]) -> None:
        event = toy.Added(7, toy.START)
        assert account.readers["Added"](account.encode_event(event)) == event

    def test_a_type_that_is_none_of_the_aggregate_is_refused(
        self, account: Aggregate[Any, Any]
    ) -> None:
        with pytest.raises(BrokenInvariant, match="Subtracted is no event"):
            account.readers["Subtracted"]
