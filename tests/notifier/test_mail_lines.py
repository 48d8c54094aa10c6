"""Mails that follow each other share a connection, which may end at any time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notifier.adapters.mail import SmtpGateway
from tests.notifier.post import Mailbox, mail_server
from tests.notifier.test_mail import PARCEL, gateway_on


@dataclass
class Counting(Mailbox):
    """Knows the connection each mail came by, and what each was told at its end."""

    callers: list[Any] = field(default_factory=list)
    farewells: int = 0
    closes: bool = False
    second: str = ""
    """What it says to a second mail of a connection."""

    async def handle_MAIL(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.second and session.peer in self.callers:
            return self.second
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.callers.append(session.peer)
        if self.closes and isinstance(server.transport, asyncio.WriteTransport):
            asyncio.get_running_loop().call_later(0.05, server.transport.close)
        return await super().handle_DATA(server, session, envelope)

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.farewells += 1
        return "221 Bye"


@contextmanager
def counting(**conduct: Any) -> Iterator[tuple[Counting, SmtpGateway]]:
    mailbox = Counting(**conduct)
    with mail_server(mailbox) as (_, port):
        yield mailbox, gateway_on(port)


async def burst(gateway: SmtpGateway, *ids: str, pause: float = 0) -> list[str]:
    said: list[str] = []
    for one in ids:
        result = await gateway.send(replace(PARCEL, notice_id=one))
        said.append(result.outcome)
        await asyncio.sleep(pause)
    return said


async def test_mails_one_after_another_come_by_one_connection() -> None:
    with counting() as (mailbox, gateway):
        assert await burst(gateway, "N-1", "N-2", "N-3") == ["accepted"] * 3
        assert len(set(mailbox.callers)) == 1
        ids = [one["Message-ID"] for one in mailbox.mails()]
        assert ids == [f"<N-{n}@hospital.example>" for n in (1, 2, 3)]


async def test_mails_at_once_come_by_connections_of_their_own_that_serve_again() -> None:
    with counting() as (mailbox, gateway):
        for _ in range(2):
            await asyncio.gather(*(gateway.send(PARCEL) for _ in range(4)))
        assert len(mailbox.taken) == 8
        assert len(set(mailbox.callers)) == len(set(mailbox.callers[:4])) == 4


@pytest.mark.parametrize(
    ("conduct", "pause"),
    [({"closes": True}, 0.2), ({"second": "421 enough"}, 0), ({"second": "452 enough"}, 0)],
)
async def test_a_connection_that_ended_is_opened_anew_and_nothing_is_in_doubt(
    conduct: dict[str, Any], pause: float
) -> None:
    with counting(**conduct) as (mailbox, gateway):
        assert await burst(gateway, "N-1", "N-2", "N-3", pause=pause) == ["accepted"] * 3
        assert len(mailbox.taken) == len(set(mailbox.callers)) == 3


async def test_a_connection_is_left_after_so_many_mails_and_when_it_is_idle() -> None:
    with counting() as (mailbox, gateway):
        gateway.lines.mails_max, gateway.lines.idle_seconds = 2, 0.3
        await burst(gateway, "N-1", "N-2", "N-3")
        assert len(set(mailbox.callers)) == 2
        assert mailbox.farewells == 1
        for _ in range(100):
            if mailbox.farewells == 2:
                break
            await asyncio.sleep(0.05)
        assert mailbox.farewells == 2
        assert await burst(gateway, "N-4") == ["accepted"]
        assert len(set(mailbox.callers)) == 3


async def test_after_a_refusal_the_next_mail_is_not_mixed_with_it() -> None:
    with counting() as (mailbox, gateway):
        await burst(gateway, "N-1")
        mailbox.rcpt_answer = "550 no such mailbox"
        assert await burst(gateway, "N-2") == ["refused"]
        mailbox.rcpt_answer = "250 OK"
        assert await burst(gateway, "N-3") == ["accepted"]
        assert [one.rcpt_tos for one in mailbox.taken] == [[PARCEL.to]] * 2
