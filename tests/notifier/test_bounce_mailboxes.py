"""The mailbox of bounces on a real server, over IMAP and POP3 with TLS."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from chassis.tls import client_context
from services.notifier.adapters.mailboxes import FAULTS, Box, ImapBox, Login, PopBox
from tests.chassis.test_metrics import measured
from tests.notifier import reports
from tests.notifier.conftest import Open
from tests.support.certificates import Authority
from tests.support.imap_server import PASSWORD, USERNAME, MailServer, mail_server
from tests.support.processes import free_ports

KINDS: dict[str, Callable[[Login], Box]] = {"imap": ImapBox, "pop3": PopBox}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[MailServer]:
    with mail_server(tmp_path_factory.mktemp("server"), authority) as server:
        yield server


@pytest.fixture
def server(started: MailServer, authority: Authority) -> Iterator[MailServer]:
    yield started
    box = PopBox(_login(started, "pop3", authority.ca))
    box.turn([key for key, _ in box.turn((), (), 10)], (), 0)


def _login(server: MailServer, kind: str, ca: Path) -> Login:
    port = {"imap": server.imap, "pop3": server.pop3}[kind]
    return Login("localhost", port, "tls", client_context("TEST", ca), USERNAME, PASSWORD)


def _subjects(mails: list[tuple[str, bytes]]) -> list[str]:
    return [str(message_from_bytes(raw)["Subject"]) for _, raw in mails]


def test_mails_are_read_and_those_dealt_with_are_deleted(
    server: MailServer, authority: Authority
) -> None:
    stranger = Authority(authority.ca.parent / "stranger", "Stranger")
    for kind, box_of in KINDS.items():
        login = _login(server, kind, authority.ca)
        box = box_of(login)
        assert box.turn((), (), 10) == []
        server.put(*(f"Subject: {n}\r\n\r\ntext {n}\r\n".encode() for n in ("one", "two", "three")))
        mails = box.turn((), (), 10)
        assert _subjects(mails) == ["one", "two", "three"]
        assert b"text one" in mails[0][1]
        one, two, three = (key for key, _ in mails)
        assert _subjects(box.turn((), (one,), 1)) == ["two"]
        assert _subjects(box.turn((one,), (two,), 10)) == ["three"]
        assert _subjects(box.turn((), (), 10)) == ["two", "three"]
        assert box.turn((one, two, three), (), 10) == []
        for wrong in (
            replace(login, password="wrong"),
            replace(login, context=client_context("TEST", stranger.ca)),
            replace(login, host="127.0.0.1"),
        ):
            with pytest.raises(FAULTS):
                box_of(wrong).turn((), (), 10)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_report_there_is_the_result_of_its_notice(
    open_world: Open, server: MailServer, authority: Authority, kind: str
) -> None:
    own: dict[str, Any] = {
        "smtp_from": "notices@localhost",
        "bounce_mailbox": kind,
        "bounce_host": "localhost",
        "bounce_port": {"imap": server.imap, "pop3": server.pop3}[kind],
        "bounce_ca_file": str(authority.ca),
        "bounce_username": USERNAME,
        "bounce_password": PASSWORD,
    }
    world = await open_world(**own)
    await world.terms()
    await world.debtor()
    await world.request(version=await world.owes(830000), channel="email")
    await world.run()
    ours = b"N-1@localhost"
    report = reports.report(*reports.HARD).replace(b"n-1%3Aa@hospital.example", ours)
    assert ours in report
    server.put(reports.ANSWER, report)
    await world.run(world.clock.now() + timedelta(minutes=15))
    await world.run()
    told = [one.type for one in await world.published("notifier")]
    assert told == ["notifier.notice.sent.v1", "notifier.notice.failed.v1"]
    box = KINDS[kind](_login(server, kind, authority.ca))
    assert _subjects(box.turn((), (), 10)) == ["Re: demand"]


async def test_a_mailbox_that_is_not_there_holds_nothing_up(open_world: Open) -> None:
    world = await open_world(
        smtp_from="notices@localhost",
        bounce_mailbox="imap",
        bounce_host="127.0.0.1",
        bounce_port=free_ports(1)[0],
    )
    await world.terms()
    await world.debtor()
    await world.request(version=await world.owes(830000), channel="email")
    await world.run()
    assert [one.type for one in await world.published("notifier")] == ["notifier.notice.sent.v1"]
    assert measured(world.service, "mails_read_total", result="unreadable") == 1
