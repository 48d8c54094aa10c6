"""E-mail when the notifier is killed, or the server refuses, is silent or hangs up: what the server
has in its own book is compared with what the notifier says.
"""

import asyncio
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notifier.main import build
from services.notifier.settings import NotifierSettings
from tests.notifier.conftest import Open
from tests.notifier.mailing import started
from tests.notifier.post import Mailbox, mail_server
from tests.notifier.world import World
from tests.support.databases import execute
from tests.support.debtor_world import START

IDS = [f"N-{number}" for number in range(1, 6)]
_LONG_AGO = "update notifier.members set seen_at = seen_at - interval '2 hours'"
"""Whoever died holds its lanes no longer."""
ANY_HOUR = {"from_hour": "00:00", "until_hour": "23:59", "per_seven_days": 99}


@dataclass
class Server(Mailbox):
    """A server that does something once it has seen so many of a command."""

    port: int = 0
    trouble: str = ""
    left: int = 0
    silent: bool = False
    victim: "subprocess.Popen[bytes] | None" = None

    def ids(self) -> list[str]:
        """Of what was taken, by the server's own book."""
        return sorted(str(one["Message-ID"])[1:].partition("@")[0] for one in self.mails())

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._kills("before"):
            return "451 killed"
        if self.trouble == "silent before" and self._counts():
            await asyncio.sleep(2)
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        self._kills("within")
        if self.silent:
            await asyncio.sleep(2)
        if self.trouble == "silent after" and self._counts():
            await asyncio.sleep(2)
        # Once the answer is on the wire, and before the notifier can have stored it.
        asyncio.get_running_loop().call_soon(self._kills, "after")
        return answer

    def _counts(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def _kills(self, when: str) -> bool:
        if self.trouble != f"killed {when}" or self.victim is None or self._counts():
            return False
        self.victim.send_signal(signal.SIGKILL)
        self.victim.wait()
        return True


@pytest.fixture
def server() -> Iterator[Server]:
    book = Server()
    with mail_server(book, enable_SMTPUTF8=False) as (_, port):
        book.port = port
        yield book


def _settings(server: Server) -> dict[str, Any]:
    return {
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port,
        "smtp_tls": "none",
        "smtp_from": "notices@hospital.example",
        "smtp_timeout_seconds": 1,
    }


async def _ask_for_all(world: World) -> None:
    await world.terms(contact=ANY_HOUR)
    await world.debtor()
    version = await world.owes(830000)
    for one in IDS:
        await world.request(one, version=version, channel="email")


async def _fates(world: World) -> dict[str, str]:
    async with world.client("manager") as client:
        rows = (await client.get("/v1/notices")).json()["items"]
    return {row["notice_id"]: f"{row['state']} {row['reason']}".strip() for row in rows}


async def _listed(world: World) -> list[str]:
    """What a person is told to look into."""
    async with world.client("manager") as client:
        rows = (await client.get("/v1/notices", params={"state": "failed"})).json()["items"]
    return [row["notice_id"] for row in rows if row["reason"] == "unknown"]


@pytest.mark.parametrize(
    ("when", "spared", "conduct"),
    [
        ("before", 2, "refuses"),
        ("within", 0, ""),
        ("within", 2, "hangs up"),
        ("within", 2, "is silent"),
        ("after", 2, ""),
    ],
)
async def test_after_a_kill_no_mail_is_lost_unsaid_and_none_is_sent_twice(
    open_world: Open,
    database: str,
    tmp_path: Path,
    server: Server,
    when: str,
    spared: int,
    conduct: str,
) -> None:
    settings = _settings(server)
    own = NotifierSettings(outbox=tmp_path / "outbox", **settings)
    async with World.open(build, database, START, tmp_path, own=own) as first:
        await _ask_for_all(first)
    server.trouble, server.left = f"killed {when}", spared
    server.hang_up = conduct == "hangs up"
    server.silent = conduct == "is silent"
    server.rcpt_answer = "550 no such mailbox" if conduct == "refuses" else "250 OK"
    server.victim = started(database, tmp_path, START, settings)
    await asyncio.to_thread(server.victim.wait)
    assert server.victim.returncode == -signal.SIGKILL
    server.trouble, server.silent = "", False
    await execute(database, _LONG_AGO)
    world = await open_world(start=START + timedelta(minutes=3), **settings)
    await world.run(world.clock.now() + timedelta(days=1))
    taken, fates = server.ids(), await _fates(world)
    assert max(Counter(taken).values(), default=1) == 1, taken
    assert set(fates) == set(IDS)
    assert set(fates.values()) <= {"sent", "failed unknown", "failed smtp_550"}
    sent = {one for one, fate in fates.items() if fate == "sent"}
    refused = {one for one, fate in fates.items() if fate == "failed smtp_550"}
    listed = {*await _listed(world)}
    assert sent <= set(taken) <= sent | listed
    assert sent | listed | refused == set(IDS)
    assert listed, "the kill left something in doubt"


@dataclass(frozen=True)
class Case:
    trouble: str
    left: int = 0
    fate: str = "sent"
    taken: int = 1


@pytest.mark.parametrize(
    "case",
    [
        Case("none"),
        Case("refused", fate="failed smtp_550", taken=0),
        Case("silent before", left=5),
        Case("silent after", left=5, fate="failed unknown"),
        Case("hangs up", fate="failed unknown"),
    ],
    ids=lambda case: case.trouble,
)
async def test_what_the_server_does_is_what_is_said_of_a_mail(
    open_world: Open, server: Server, case: Case
) -> None:
    world = await open_world(**_settings(server))
    server.trouble, server.left = case.trouble, case.left
    server.hang_up = case.trouble == "hangs up"
    server.rcpt_answer = "550 no such mailbox" if case.trouble == "refused" else "250 OK"
    await _ask_for_all(world)
    await world.run(world.clock.now() + timedelta(days=1))
    assert await _fates(world) == dict.fromkeys(IDS, case.fate)
    assert server.ids() == sorted(IDS * case.taken)


async def test_a_server_that_is_busy_gets_each_mail_once_later(
    open_world: Open, server: Server
) -> None:
    world = await open_world(**_settings(server))
    server.rcpt_answer = "451 greylisted"
    await _ask_for_all(world)
    await world.run()
    assert server.ids() == []
    server.rcpt_answer = "250 OK"
    await world.run(world.clock.now() + timedelta(hours=3))
    assert await _fates(world) == dict.fromkeys(IDS, "sent")
    assert server.ids() == IDS
