"""A demand by e-mail has the letter attached, as it would be posted."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from tests.notifier.conftest import Open
from tests.notifier.world import World
from tests.support.debian import require
from tests.support.papers import words_of


async def _mail(world: World, purpose: str = "demand", **debtor: Any) -> EmailMessage:
    await world.terms()
    await world.debtor(**debtor)
    await world.request(version=await world.owes(830000), channel="email", purpose=purpose)
    await world.run()
    (path,) = world.outbox.rglob("*.eml")
    assert path.read_bytes().isascii()
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def _papers(mail: EmailMessage) -> list[EmailMessage]:
    return [one for one in mail.iter_attachments() if isinstance(one, EmailMessage)]


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def test_the_letter_says_what_the_mail_says_and_names_the_postal_address(
    open_world: Open,
) -> None:
    require("fonts-noto-cjk", "poppler-utils")
    mail = await _mail(await open_world(), addresses=["河东路18号"])
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    (paper,) = _papers(mail)
    assert paper.get_filename() == "N-1.pdf"
    said = words_of(paper.get_content())
    assert "河东路18号" in said
    assert "8,300.00" in said
    assert "8,300.00" in _text(mail)


async def test_without_a_postal_address_it_names_the_one_it_went_to(open_world: Open) -> None:
    require("fonts-noto-cjk", "poppler-utils")
    mail = await _mail(await open_world(), addresses=[], emails=["zhang@example.com"])
    (paper,) = _papers(mail)
    assert "zhang@example.com" in words_of(paper.get_content())


@pytest.mark.parametrize(
    ("purpose", "settings"),
    [
        ("reminder", {}),
        ("bill", {}),
        ("demand", {"email_letters": []}),
        ("demand", {"letters": "text"}),
    ],
)
async def test_what_is_no_demand_or_is_not_set_has_none(
    open_world: Open, purpose: str, settings: dict[str, Any]
) -> None:
    mail = await _mail(await open_world(**settings), purpose)
    assert mail.get_content_type() == "multipart/alternative"


async def test_what_cannot_be_set_is_written_all_the_same(open_world: Open) -> None:
    mail = await _mail(await open_world(), name="张\U0001f600三")
    assert _papers(mail) == []
    assert "8,300.00" in _text(mail)
