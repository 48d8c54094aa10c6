"""E-mail against a real SMTP server on this machine."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from html import unescape
from typing import Any

import pytest

from chassis.errors import Misconfigured
from services.notifier.adapters.gateway import Parcel
from services.notifier.adapters.mail import SmtpGateway
from tests.notifier.post import Mailbox, free_port, mail_server

NOW = datetime(2026, 3, 10, 6, 31, 5, tzinfo=UTC)
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
class Running:
    mailbox: Mailbox
    port: int

    @property
    def gateway(self) -> SmtpGateway:
        return gateway_on(self.port)


@pytest.fixture
def mail() -> Iterator[Running]:
    with mail_server(enable_SMTPUTF8=False) as (mailbox, port):
        yield Running(mailbox, port)


def gateway_on(port: int, **changes: Any) -> SmtpGateway:
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "sender": "Accounts <notices@hospital.example>",
        "tls": "none",
        "timeout_seconds": 5,
        "now": lambda: NOW,
    } | changes
    return SmtpGateway(**given)


async def test_a_mail_arrives_as_it_was_written(mail: Running) -> None:
    result = await mail.gateway.send(PARCEL)
    assert result.outcome == "accepted"
    assert result.reference == "<N-1@hospital.example>"
    (envelope,) = mail.mailbox.taken
    assert envelope.mail_from == "notices@hospital.example"
    assert envelope.rcpt_tos == ["zhang@example.com"]
    (message,) = mail.mailbox.mails()
    assert message["Subject"] == "费用催缴函"
    assert message["Message-ID"] == "<N-1@hospital.example>"
    assert message["Date"].datetime == NOW
    assert message["Reply-To"] is None
    assert "8,300.00" in _part(message, "plain")


async def test_a_repeated_mail_has_the_same_id(mail: Running) -> None:
    await mail.gateway.send(PARCEL)
    await mail.gateway.send(PARCEL)
    first, second = mail.mailbox.mails()
    assert first["Message-ID"] == second["Message-ID"]


async def test_names_in_any_script_are_encoded_and_the_envelope_is_bare(mail: Running) -> None:
    gateway = gateway_on(
        mail.port,
        sender="青山县人民医院（收费处） <notices@hospital.example>",
        reply_to="收费处 <desk@hospital.example>",
    )
    result = await gateway.send(PARCEL)
    assert result.outcome == "accepted"
    assert type(result.reference) is str
    (envelope,) = mail.mailbox.taken
    assert envelope.mail_from == "notices@hospital.example"
    assert not envelope.smtp_utf8
    assert (envelope.original_content or b"").isascii()
    (message,) = mail.mailbox.mails()
    assert message["From"] == "青山县人民医院（收费处） <notices@hospital.example>"
    assert message["Reply-To"] == "收费处 <desk@hospital.example>"


@pytest.mark.parametrize("body", ["Pay 5 €.\n", "请缴费。\n" * 400, "a" * 2000 + "\n.\n.b\n"])
async def test_any_text_arrives_whole_in_seven_bits(mail: Running, body: str) -> None:
    await mail.gateway.send(replace(PARCEL, body=body))
    content = mail.mailbox.taken[0].original_content or b""
    assert content.isascii()
    assert max(map(len, content.splitlines())) <= 998
    assert _part(mail.mailbox.mails()[0], "plain") == body


async def test_the_page_says_the_same_words_and_nothing_of_them_is_markup(mail: Running) -> None:
    body = "尊敬的张三丰：\n\n欠费 <b>8,300.00</b> 元 & 滞纳金\n账号：A\"1'\n\n青山医院\n"
    await mail.gateway.send(replace(PARCEL, subject="<i>函</i>", body=body, language="zh"))
    (message,) = mail.mailbox.mails()
    assert message.get_content_type() == "multipart/alternative"
    assert message["Content-Language"] == "zh-CN"
    page = _part(message, "html")
    assert '<html lang="zh-CN">' in page
    shown = page[page.index("<body") :]
    words = [unescape(one).strip() for one in re.sub(r"<[^>]*>", "\n", shown).split("\n")]
    assert [one for one in words if one] == ["<i>函</i>", *(w for w in body.split("\n") if w)]


async def test_equal_notices_make_equal_bytes(mail: Running) -> None:
    await mail.gateway.send(PARCEL)
    await mail.gateway.send(PARCEL)
    first, second = (one.original_content for one in mail.mailbox.taken)
    assert first == second


@pytest.mark.parametrize("notice_id", ["n:" + "a1.b2_" * 20, "..n..", "a" * 128])
async def test_any_notice_id_makes_a_message_id(mail: Running, notice_id: str) -> None:
    result = await mail.gateway.send(replace(PARCEL, notice_id=notice_id))
    written = (mail.mailbox.taken[0].original_content or b"").decode("ascii")
    assert f"Message-ID: {result.reference}\r\n" in written
    assert re.fullmatch(r"<[\w%-]+(\.[\w%-]+)*@hospital\.example>", result.reference)


@pytest.mark.parametrize("sender", ["", "accounts", "a b@acme.example", "李@acme.example", "a@"])
def test_a_sender_that_is_none_is_said_at_the_start(sender: str) -> None:
    with pytest.raises(Misconfigured, match="cannot be the sender"):
        gateway_on(25, sender=sender)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


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
    result = await gateway_on(free_port()).send(PARCEL)
    assert result.outcome == "unavailable"


async def test_without_the_tls_asked_for_nothing_is_sent(mail: Running) -> None:
    result = await gateway_on(mail.port, tls="starttls").send(PARCEL)
    assert result.outcome == "unavailable"
    assert mail.mailbox.taken == []


async def test_a_mail_server_cannot_be_asked() -> None:
    assert (await gateway_on(free_port()).find(PARCEL)).finding == "cannot_tell"
