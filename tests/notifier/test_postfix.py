"""E-mail through a real Postfix, and back from it what it could not deliver."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.chassis.test_metrics import measured
from tests.notifier import reports
from tests.notifier.conftest import Open
from tests.notifier.world import World
from tests.support.postfix import Postfix, postfix

KNOWN, GONE, BACK = "zhang@example.com", "gone@example.com", "bounces@hospital.example"


@pytest.fixture
def server() -> Iterator[Postfix]:
    with postfix(KNOWN, BACK) as started:
        yield started


def _settings(server: Postfix) -> dict[str, Any]:
    return {
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port,
        "smtp_tls": "none",
        "smtp_from": "收费处 <notices@hospital.example>",
        "smtp_reports_to": "bounces+*@hospital.example",
        "bounce_mailbox": "maildir",
        "bounce_folder": str(server.maildir(BACK)),
        "bounce_seconds": 1,
        "public_url": "https://notices.hospital.example",
        "unsubscribe_secret": "s" * 32,
    }


@pytest.fixture
async def mailing(open_world: Open, server: Postfix) -> World:
    world = await open_world(**_settings(server))
    await world.terms(contact={"from_hour": "00:00", "until_hour": "23:59", "per_seven_days": 99})
    await world.debtor(emails=[f"{GONE}; {KNOWN}"])
    return world


async def _send(world: World, notice: str) -> None:
    await world.request(notice, version=await world.owes(830000), channel="email")
    await world.run()


async def _row(world: World, notice: str) -> dict[str, Any]:
    async with world.client("manager") as client:
        row: dict[str, Any] = (await client.get(f"/v1/notices/{notice}")).json()
    return row


async def _told(world: World) -> list[str]:
    said = [(one.type, one.data.notice_id) for one in await world.published("notifier")]
    return [f"{kind.split('.')[2]} {notice}" for kind, notice in said]


async def test_what_nobody_takes_comes_back_and_the_case_learns_it(
    mailing: World, server: Postfix
) -> None:
    world = mailing
    await _send(world, "N-1")
    assert (await _row(world, "N-1"))["to"] == GONE
    (report,) = server.wait_for(BACK, 1)
    assert report["To"] == "bounces+N-1@hospital.example"
    await _later(world)
    assert (await _row(world, "N-1"))["state"] == "failed"
    assert await _told(world) == ["sent N-1", "failed N-1"]
    assert server.mails(BACK) == [], "what is dealt with is deleted"
    await _send(world, "N-2")
    (mail,) = server.wait_for(KNOWN, 1)
    assert mail["Message-ID"] == "<N-2@hospital.example>"
    assert "8,300.00" in mail["Subject"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert await _told(world) == ["sent N-1", "failed N-1", "sent N-2"]


async def _later(world: World) -> None:
    """The mailbox is read again."""
    await world.run(world.clock.now() + timedelta(minutes=15))
    await world.run()


def _put(server: Postfix, name: str, content: bytes) -> None:
    (server.maildir(BACK) / "new" / name).write_bytes(content)


def _of(notice: str, report: bytes) -> bytes:
    return report.replace(b"n-1%3Aa", notice.encode())


async def test_what_is_late_is_noted_and_what_is_strange_stays(
    mailing: World, server: Postfix
) -> None:
    world = mailing
    await world.debtor(emails=[KNOWN])
    await _send(world, "N-1")
    hard = _of("N-1", reports.report(*reports.HARD))
    _put(server, "1.late", _of("N-1", reports.report(*reports.LATE)))
    _put(server, "2.answer", _of("N-1", reports.ANSWER))
    _put(server, "3.nobody", _of("N-9", reports.report(*reports.HARD)))
    _put(server, "4.rubbish", reports.NO_REPORT)
    await _later(world)
    await _later(world)
    assert (await _row(world, "N-1"))["state"] == "sent"
    left = sorted(one.name for one in (server.maildir(BACK) / "new").iterdir())
    assert left == ["2.answer", "3.nobody", "4.rubbish"]
    counted = {
        result: measured(world.service, "mails_read_total", result=result)
        for result in ("delayed", "unknown", "early", "failed")
    }
    assert counted == {"delayed": 1, "unknown": 2, "early": 1, "failed": None}
    for name in ("5.hard", "6.again"):
        _put(server, name, hard)
    await _later(world)
    assert await _told(world) == ["sent N-1", "failed N-1"]
    assert len(list((server.maildir(BACK) / "new").iterdir())) == 3


async def test_a_wish_by_mail_is_respected(mailing: World, server: Postfix) -> None:
    world = mailing
    await world.debtor(emails=[KNOWN])
    await _send(world, "N-1")
    (mail,) = server.wait_for(KNOWN, 1)
    token = mail["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    _put(server, "1.wish", f"From: {KNOWN}\nSubject: {token}\n\n".encode())
    await _later(world)
    await _send(world, "N-2")
    row = await _row(world, "N-2")
    assert (row["state"], row["reason"]) == ("suppressed", "opted_out")
