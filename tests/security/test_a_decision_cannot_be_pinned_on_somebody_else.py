"""Who proposed, who decided, when and why stays as it was, or `arrears verify` names it."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis.runtime.proposals import Proposals
from chassis.settings import Settings
from chassis.store import proposals
from contracts import ledger
from services.dunning.main import build
from tests.dunning.app.world import START, World
from tests.support.service_world import CREDITOR
from tests.support.verified import damage

ACCOUNT = "/v1/accounts/P-1"
RESOLUTION = f"{ACCOUNT}/disputes/resolution"


class Decided:
    """A creditor where one proposal was rejected, another approved, and a third waits."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self._place = folder / "auditor" / "place.json"
        self._settings = Settings(data_dir=folder, dunning_database_url=world.dsn)

    async def propose(self, **given: Any) -> str:
        body = {"outcome": "upheld", "reason": "friend"} | given
        answer = await self.world.post(RESOLUTION, body, "finance", who="eve")
        found: str = answer.json()["proposal"]["proposal_id"]
        return found

    async def decide(self, proposal: str, outcome: str, reason: str | None = None) -> Any:
        path, body = f"/v1/proposals/{proposal}/decision", {"outcome": outcome}
        given = body if reason is None else body | {"reason": reason}
        return await self.world.post(path, given, "legal", who="ann")

    async def shown(self, *roles: str, who: str = "zoe", **query: Any) -> list[Any]:
        headers = self.world.headers(*roles, who=who)
        answer = await self.world.http.get("/v1/proposals", params=query, headers=headers)
        found: list[Any] = answer.json()["items"]
        return found

    async def verify(self) -> list[str]:
        return await damage(self._settings, ["dunning"], self._place)

    async def run(self, deed: str) -> None:
        """As a superuser, whom no trigger stops."""
        settings = {"search_path": "dunning", "session_replication_role": "replica"}
        connection = await asyncpg.connect(self.world.dsn, server_settings=settings)
        try:
            await connection.execute(deed)
        finally:
            await connection.close()


@pytest.fixture
async def decided(database: str, tmp_path: Path) -> AsyncIterator[Decided]:
    async with World.open(build, database, START, tmp_path) as world, world.http:
        await world.set_up("three-stage")
        await world.owes(30_000, date(2026, 3, 8))
        await world.post(f"{ACCOUNT}/disputes", {"invoice_id": "INV-1"})
        found = Decided(world, tmp_path)
        rejected = await found.propose()
        await found.decide(rejected, "rejected", "nobody asked the debtor")
        await found.decide(await found.propose(outcome="reduced", amount=29_000), "approved")
        await world.set_up("three-stage", time_zone="Europe/Berlin")
        yield found


async def test_a_rejected_proposal_says_who_decided_when_and_why(decided: Decided) -> None:
    (rejected,) = await decided.shown("manager", state="rejected")
    assert (rejected["by"], rejected["decided_by"], rejected["decided_subject"]) == (
        "eve",
        "ann",
        "ann",
    )
    assert rejected["decided_at"]
    assert rejected["decided_reason"] == "nobody asked the debtor"
    assert len(await decided.shown("manager", state="all")) == 3
    assert len(await decided.shown("manager", state="all", account="P-1")) == 2
    assert len(await decided.shown("manager", state="all", account="*")) == 1


DEEDS = (
    "update proposals set by = 'bob', subject = 'bob' where state = 'waiting'",
    "update proposals set decided_by = 'bob' where state = 'approved'",
    "update proposals set state = 'waiting' where state = 'rejected'",
    "update proposals set state = 'approved' where state = 'rejected'",
    "delete from proposals",
    "truncate proposals",
    "update proposal_chain set digest = ''",
    "delete from proposal_chain",
)
KEPT = """
create table public.rows as table proposals; create table public.links as table proposal_chain"""
BACK = """
delete from proposals; insert into proposals table public.rows;
delete from proposal_chain; insert into proposal_chain table public.links"""


async def test_a_decision_cannot_be_pinned_on_somebody_else(decided: Decided) -> None:
    await decided.run(KEPT)
    for deed in DEEDS:
        with pytest.raises(asyncpg.PostgresError, match="written once"):
            await decided.world.service.pool.execute(deed)
        await decided.run(deed)
        assert await decided.verify() != [], deed
        await decided.run(BACK)
        assert await decided.verify() == [], deed


async def test_what_nobody_proposed_is_found(decided: Decided) -> None:
    await decided.run(
        "insert into proposals select id || 'x', lane, at, creditor, account, kind, amount, asked, "
        "by, issuer, subject, state from proposals where state = 'waiting'"
    )
    (said,) = await decided.verify()
    assert said.endswith("was never waiting")


async def test_an_end_that_was_seen_is_missed(decided: Decided) -> None:
    assert await decided.verify() == []
    await decided.run(
        "delete from proposal_chain c using proposals p "
        "where p.id = c.proposal and p.state = 'waiting'"
    )
    await decided.run("delete from proposals where state = 'waiting'")
    for _ in range(2):
        (said,) = await decided.verify()
        assert "seen before, is gone" in said


async def test_a_colleague_does_not_read_what_was_written(decided: Decided) -> None:
    for roles, who, reads in (
        (("sales",), "sam", False),
        (("sales",), "eve", True),
        (("legal",), "lea", True),
        (("auditor",), "audrey", True),
    ):
        (one,) = await decided.shown(*roles, who=who, state="rejected")
        assert (one["asked"]["reason"], one["decided_reason"]) == (
            ("friend", "nobody asked the debtor") if reads else (None, None)
        )
        assert one["asked"]["outcome"] == "upheld"


@pytest.mark.parametrize("ends", ["killed", "given up"])
async def test_what_was_done_cannot_be_said_to_be_rejected(
    decided: Decided, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    """Whoever does what was asked ends before it is written down that it was approved."""
    world = decided.world
    await world.post(f"{ACCOUNT}/disputes", {"kind": "objection"})
    proposal = await decided.propose()
    path = f"/v1/proposals/{proposal}/decision"
    do = Proposals._do

    async def ended(*_: Any) -> None:
        raise ConnectionError

    async def late(*given: Any) -> None:
        await do(*given)
        raise TimeoutError

    with monkeypatch.context() as dying:
        if ends == "killed":
            dying.setattr(proposals, "settle", ended)
        else:
            dying.setattr(Proposals, "_do", late)
        answer = await world.post(path, {"outcome": "approved"}, "legal", who="bob")
        assert answer.status_code >= 500
    (entry,) = [e for e in await world.timeline() if e["fields"].get("outcome") == "upheld"]
    assert entry["recorded_by"]["subject"] == "bob"
    await world.run_until(world.clock.now() + timedelta(minutes=2))
    for who, outcome in (("eve", "rejected"), ("ann", "approved")):
        answer = await world.post(path, {"outcome": outcome}, "legal", who=who)
        assert answer.status_code == 409, who
    approved = await decided.shown("manager", state="approved")
    (one,) = [each for each in approved if each["proposal_id"] == proposal]
    assert (one["decided_by"], one["decided_subject"]) == ("bob", "bob")
    assert one["decided_at"] == entry["at"]
    assert await decided.verify() == []


async def test_what_was_written_is_not_kept_in_answers(decided: Decided) -> None:
    world = decided.world
    await world.post(f"{ACCOUNT}/disputes", {"kind": "objection"})
    headers = world.headers("finance", who="eve") | {"Idempotency-Key": "k"}
    answer = await world.http.post(
        f"{RESOLUTION}?creditor={CREDITOR}",
        json={"outcome": "upheld", "reason": "friend"},
        headers=headers,
    )
    assert answer.json()["proposal"]["asked"]["outcome"] == "upheld"
    kept = await world.service.pool.fetchval("select response from idempotency where key = 'k'")
    assert b"upheld" in kept
    assert b"friend" not in kept


@pytest.mark.parametrize("taken", [False, True])
async def test_nothing_waits_about_whoever_was_erased(decided: Decided, *, taken: bool) -> None:
    await decided.world.post(f"{ACCOUNT}/disputes", {"kind": "objection"})
    proposal = await decided.propose()
    if taken:  # by a process that was killed before it did anything
        before = decided.world.clock.now() - timedelta(minutes=2)
        await decided.world.service.pool.execute(
            "update proposals set taken_at = $1 where id = $2", before, proposal
        )
    await decided.world.tell(ledger.AccountErasureConfirmed(account_id="P-1"))
    (waits,) = await decided.shown("manager")
    assert waits["account"] is None, "the creditor's own goes on"
    ended = await decided.shown("manager", state="rejected")
    assert [one["asked"] for one in ended] == [None, None]
    assert [one["decided_reason"] for one in ended] == [None, None]
    (last,) = [one for one in ended if one["proposal_id"] == proposal]
    assert (last["decided_by"], last["decided_subject"]) == ("arrears", "arrears/dunning")
    assert await decided.verify() == []
