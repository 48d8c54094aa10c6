"""E-mail against a real SMTP server on this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes, policy
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notifier.adapters.gateway import Parcel
from services.notifier.adapters.mail import SmtpGateway

PARCEL = Parcel(
    notice_id="N-1",
    creditor="acme",
    account="P-1",
    channel="email",
    day=date(2026, 3, 10),
    to="zhang@example.com",
    name="张三丰",
    subject="费用催缴函",
    body="截至2026年3月10日,您欠费人民币 8,300.00 元。\n",
)


@dataclass
class Mailbox:
    """What the server took, and what it says to the next message."""

    taken: list[Envelope] = field(default_factory=list)
    rcpt_answer: str = "250 OK"
    data_answer: str = "250 OK"
    hang_up: bool = False

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(envelope)
        if self.hang_up and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return self.data_answer


@dataclass
class Running:
    mailbox: Mailbox
    gateway: SmtpGateway


@pytest_asyncio.fixture
async def mail() -> AsyncIterator[Running]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port())
    controller.start()
    try:
        yield Running(mailbox, _gateway(controller.port))
    finally:
        controller.stop()


def _gateway(port: int, **changes: Any) -> SmtpGateway:
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "sender": "Accounts <notices@hospital.example>",
        "tls": "none",
        "timeout_seconds": 5,
    } | changes
    return SmtpGateway(**given)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_a_mail_arrives_as_it_was_written(mail: Running) -> None:
    result = await mail.gateway.send(PARCEL)
    assert result.outcome == "accepted"
    assert result.reference == "<N-1@hospital.example>"
    (envelope,) = mail.mailbox.taken
    assert envelope.mail_from == "notices@hospital.example"
    assert envelope.rcpt_tos == ["zhang@example.com"]
    message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
    assert message["Subject"] == "费用催缴函"
    assert message["Message-ID"] == "<N-1@hospital.example>"
    assert "8,300.00" in message.get_content()


async def test_a_repeated_mail_has_the_same_id_and_date(mail: Running) -> None:
    await mail.gateway.send(PARCEL)
    await mail.gateway.send(PARCEL)
    first, second = (
        message_from_bytes(one.original_content or b"", policy=policy.default)
        for one in mail.mailbox.taken
    )
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


def _refuse_address(mailbox: Mailbox) -> None:
    mailbox.rcpt_answer = "550 no such mailbox"


def _refuse_for_now(mailbox: Mailbox) -> None:
    mailbox.rcpt_answer = "451 greylisted"


def _refuse_content(mailbox: Mailbox) -> None:
    mailbox.data_answer = "554 rejected"


def _hang_up(mailbox: Mailbox) -> None:
    mailbox.hang_up = True


@pytest.mark.parametrize(
    ("trouble", "outcome", "reason"),
    [
        (_refuse_address, "refused", "smtp_550"),
        (_refuse_for_now, "unavailable", "smtp_451"),
        (_refuse_content, "refused", "smtp_554"),
        (_hang_up, "unknown", "smtp.SMTPServerDisconnected"),
    ],
)
async def test_trouble_is_told_apart(
    mail: Running, trouble: Callable[[Mailbox], None], outcome: str, reason: str
) -> None:
    trouble(mail.mailbox)
    result = await mail.gateway.send(PARCEL)
    assert (result.outcome, result.reason) == (outcome, reason)


async def test_a_server_that_is_not_there_took_nothing() -> None:
    result = await _gateway(_free_port()).send(PARCEL)
    assert result.outcome == "unavailable"


async def test_without_the_tls_asked_for_nothing_is_sent(mail: Running) -> None:
    port = mail.gateway._port
    result = await _gateway(port, tls="starttls").send(PARCEL)
    assert result.outcome == "unavailable"
    assert mail.mailbox.taken == []


async def test_a_mail_server_cannot_be_asked() -> None:
    assert (await _gateway(_free_port()).find(PARCEL)).finding == "cannot_tell"
