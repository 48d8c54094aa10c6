"""Several accounts of one person, in different lanes: their contacts count together."""

import asyncio
from datetime import date

import pytest

from chassis.bus.base import lane_of
from chassis.errors import Conflict
from contracts import billing, dunning, notifier
from contracts.words.streams import Subject, account_stream, creditor_stream
from services.dunning.decisions import Decisions
from services.dunning.domain.case.commands import Wake
from services.dunning.library import Library
from tests.dunning.app.world import World, local
from tests.support.service_world import CREDITOR, PARTITIONS

RULES = """
id: one-contact
version: 1
title: {zh: 一次, en: Once}
for: tests
description: a text, and one contact in seven days
source: none
steps:
  - {id: s1, source: x, when: {day: 1}, do: [{notice: {purpose: reminder, channels: [sms]}}]}
reactions:
  - {id: r1, source: x, on: {observation: seen}, do: [{task: {kind: visit, owner: collector}}]}
"""


def in_lane(lane: int, number: int = 1) -> str:
    """The n-th account name of a lane."""
    names = (f"P-{n}" for n in range(1000))
    found = [n for n in names if lane_of(f"{CREDITOR}/{n}".encode(), PARTITIONS) == lane]
    return found[number - 1]


A, B, C = in_lane(0), in_lane(1), in_lane(1, 2)


async def owing(world: World, *accounts: str, due: date = date(2026, 3, 5)) -> None:
    await world.set_up(None, policy_document=RULES, parameters={"contacts_max": 1})
    for account in accounts:
        await world.knows("张三", account, debtor_id="PERSON-1")
        await world.owes(10000, due, account=account, item=f"I-{account}")


async def asked(world: World) -> list[str]:
    """The accounts whose notices were asked for, by lane, and when."""
    told = await world.of(dunning.NoticeRequested)
    return [f"{m.subject} {m.time.astimezone(local(3, 1).tzinfo):%d %H:%M}" for m in told]


async def no_address(world: World, account: str) -> None:
    (told,) = await world.of(dunning.NoticeRequested)
    await world.tell(
        notifier.NoticeSuppressed(
            notice_id=told.data.notice_id,
            account_id=account,
            channel="sms",
            reason="no_address",
            at=world.clock.now(),
        ),
        account,
    )


async def test_of_two_lanes_at_once_exactly_one_contacts_and_the_other_waits(world: World) -> None:
    await owing(world, A, B)
    await world.run_until(local(3, 6, 8, 59))
    world.clock.set(local(3, 6, 9))
    await asyncio.gather(*(world.service.round.fire(lane) for lane in range(PARTITIONS)))
    await world.run_until(local(3, 13, 7, 59))
    assert len(await asked(world)) == 1
    await world.run_until(local(3, 13, 8))
    assert sorted(one.split()[1] for one in await asked(world)) == ["06", "13"]
    assert {one.split()[0] for one in await asked(world)} == {A, B}


async def test_who_read_before_another_lane_wrote_has_to_decide_again(world: World) -> None:
    await owing(world, A, B)
    await world.run_until(local(3, 6, 8, 59))
    world.clock.set(local(3, 6, 9))
    library = Library()
    await library.refresh(world.service.pool, always=True)
    store, decisions = world.service.store, Decisions(library)
    async with world.service.pool.acquire() as left, world.service.pool.acquire() as right:
        begun = [left.transaction(), right.transaction()]
        works = []
        for connection, transaction, lane in zip((left, right), begun, (0, 1), strict=True):
            account = (A, B)[lane]
            await transaction.start()
            streams = [account_stream(CREDITOR, account), creditor_stream(CREDITOR)]
            work = await store.load(connection, now=world.clock.now(), lane=lane, streams=streams)
            await store.load_beside(connection, work, streams, lock=False)
            decisions.account(work, Subject(CREDITOR, account), Wake())
            works.append(work)
        await store.save(left, works[0])
        await begun[0].commit()
        with pytest.raises(Conflict, match="another lane"):
            await store.save(right, works[1])
        await begun[1].rollback()


async def test_a_rebuild_from_the_events_forgets_no_contact(world: World) -> None:
    await owing(world, A)
    await world.run_until(local(3, 7))
    done = await world.service.rebuild(lambda _done, _total: None)
    assert done.different == ()
    await owing(world, B, due=date(2026, 3, 9))
    await world.run_until(local(3, 12))
    assert await asked(world) == [f"{A} 06 09:00"]
    await world.run_until(local(3, 14))
    assert sorted(await asked(world)) == sorted([f"{A} 06 09:00", f"{B} 13 08:00"])


async def test_a_notice_that_found_no_address_was_none(world: World) -> None:
    await owing(world, A, B)
    await world.run_until(local(3, 6, 9))
    first = (await asked(world))[0].split()[0]
    await no_address(world, first)
    await world.run_until(local(3, 6, 12))
    other = {A: B, B: A}[first]
    assert sorted(await asked(world)) == sorted([f"{first} 06 09:00", f"{other} 06 09:10"])


async def test_a_reaction_counts_and_waits_too(world: World) -> None:
    await owing(world, A, B)
    await world.run_until(local(3, 6, 10))
    (waiting,) = {A, B} - {(await asked(world))[0].split()[0]}
    await world.tell(billing.ObservationRecorded(account_id=waiting, kind="seen"), waiting)
    visits = [m for m in await world.published("dunning") if m.type == dunning.TaskRequested.TYPE]
    assert visits == []
    await world.run_until(local(3, 21))
    visits = [m for m in await world.published("dunning") if m.type == dunning.TaskRequested.TYPE]
    assert [f"{m.data.day:%d}" for m in visits] == ["20"]  # the notice that waited took the 13th


async def test_a_number_without_its_code_is_one_of_the_creditors_country(world: World) -> None:
    await world.set_up(
        None, policy_document=RULES, parameters={"contacts_max": 1}, time_zone="Asia/Tokyo"
    )
    for account, phone in ((A, "090-2345-1678"), (B, "+81 90 2345 1678")):
        debtor = billing.DebtorPart(name="田中", kind="natural_person", phones=(phone,))
        await world.tell(billing.AccountUpserted(account_id=account, debtor=debtor), account)
        await world.owes(10000, date(2026, 3, 5), account=account, item=f"I-{account}")
    await world.run_until(local(3, 8))
    assert len(await asked(world)) == 1


async def test_nobody_is_named_and_nothing_is_kept_longer_than_it_counts(world: World) -> None:
    await owing(world, A, C)
    await world.run_until(local(3, 7))
    rows = await world.service.pool.fetch("select * from person_contacts")
    assert len(rows) == 1
    assert "PERSON-1" not in str([dict(row) for row in rows])
    for account in (A, C):
        await world.owes(10000, date(2026, 3, 5), account=account, item=f"I-{account}", left=0)
    await world.run_until(local(3, 20))
    assert await world.service.pool.fetch("select * from person_contacts") == []


async def test_what_an_agency_reports_counts_for_the_person_once(world: World) -> None:
    await owing(world, A)
    await world.run_until(local(3, 10))
    path = f"/v1/accounts/{A}/contacts"
    call = {"agency": "north", "reference": "c-1", "channel": "phone_call"}
    soon = {**call, "at": local(3, 10, 11).isoformat()}
    assert (await world.post(path, soon, "collector")).status_code == 409
    made = {**call, "at": local(3, 9).isoformat()}
    for _ in range(2):
        assert (await world.post(path, made, "collector")).status_code == 201
    (told,) = await world.of(dunning.ContactReported)
    assert (told.data.channel, told.data.day) == ("phone_call", date(2026, 3, 9))
    (seen,) = [one for one in await world.timeline(A) if one["kind"] == "contact_reported"]
    assert (seen["fields"]["agency"], seen["fields"]["reference"]) == ("north", "c-1")
    await owing(world, B, due=date(2026, 3, 12))
    await world.run_until(local(3, 17))
    # of the notice of the 6th alone it would be the 13th
    assert sorted(await asked(world)) == sorted([f"{A} 06 09:00", f"{B} 16 08:00"])


async def test_what_an_agency_reports_of_an_account_without_a_case_counts(world: World) -> None:
    await owing(world, B, due=date(2026, 3, 12))
    await world.knows("张三", A, debtor_id="PERSON-1")
    await world.run_until(local(3, 10))
    call = {"agency": "north", "reference": "c-1", "channel": "phone_call"}
    made = {**call, "at": local(3, 9).isoformat()}
    assert (await world.post(f"/v1/accounts/{A}/contacts", made, "collector")).status_code == 201
    await world.run_until(local(3, 17))
    # without the call it would be the 13th
    assert await asked(world) == [f"{B} 16 08:00"]


async def test_a_monthly_notice_without_a_case_counts(world: World) -> None:
    monthly = (
        "calendar:\n  - {id: c1, source: x, monthly: 4, scope: accounts, where: overdue,\n"
        "     do: [{notice: {purpose: reminder, channels: [sms]}}]}\n"
        "minimum_overdue: 5000\n"
    )
    await world.set_up(None, policy_document=RULES + monthly, parameters={"contacts_max": 1})
    for account, due, amount in ((A, 2, 100), (B, 5, 10000)):
        await world.knows("张三", account, debtor_id="PERSON-1")
        await world.owes(amount, date(2026, 3, due), account=account, item=f"I-{account}")
    await world.run_until(local(3, 12))
    told = await world.of(dunning.NoticeRequested)
    # B alone would be told on the 6th
    assert [(one.subject, one.data.case_id is None) for one in told] == [(A, True), (B, False)]
    assert (await asked(world))[1] == f"{B} 11 08:00"


async def test_a_visit_says_in_which_hours_where_its_debtor_is(world: World) -> None:
    await world.set_up(None, policy_document=RULES)
    for account, zone in ((A, "Asia/Tokyo"), (B, None)):
        debtor = billing.DebtorPart(name="a", kind="company", addresses=("x",), time_zone=zone)
        await world.tell(billing.AccountUpserted(account_id=account, debtor=debtor), account)
        await world.owes(10000, date(2026, 3, 5), account=account, item=f"I-{account}")
    await world.run_until(local(3, 7))
    for account in (A, B):
        await world.tell(billing.ObservationRecorded(account_id=account, kind="seen"), account)
    rows = (await world.get("/v1/tasks", kind="visit")).json()["items"]
    assert {row["account"]: row["debtor_hours"] for row in rows} == {
        A: {"time_zone": "Asia/Tokyo", "from": "08:00", "until": "20:00"},
        B: None,
    }
