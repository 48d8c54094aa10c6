"""Whoever chooses a debtor's name or address chooses nothing else: no header, no formula, no
command of a template, no file elsewhere.
"""

import csv
import io
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from tests.notifier.conftest import Open
from tests.notifier.world import World
from tests.support.debian import require
from tests.support.papers import text_of

DAY = "2026-03-10"
CHANNELS = ("sms", "email", "letter", "ems")
# Line breaks are refused where messages are read.
NAMES = {
    "typst": '#read("/etc/passwd") $x$ *b* _i_ @ref <label> // \\u{202e} = 张三',
    "jinja": "{{ 7 * 7 }} {% for x in range(10**9) %}{% endfor %} {# #}张三",
    "formula": "=HYPERLINK(\"http://evil.example\")&cmd|'/C calc'!A0",
    "at": "@SUM(1+1)*cmd",
    "plus": "+1-2",
    "mail": "张三 <boss@evil.example>, other@evil.example",
    "encoded": "=?utf-8?B?QmNjOiBldmlsQGV2aWwuZXhhbXBsZQ==?=",
    "reversed": "张\u202e三\u2066丰\u2069",
    "emoji": "张😀三\u200b\ufeff",
    "unseen": "张𪚥",
    "long": "张" * 200,
    "separators": "张三\u2028Bcc: evil@evil.example\u2029x",
    "path": "../../../../tmp/evil",
}
ACCOUNTS = {name: f"A-{number}" for number, name in enumerate(NAMES)}


@pytest.fixture
async def told(open_world: Open) -> World:
    """Everybody of `NAMES` was written to over every channel."""
    require("fonts-noto-cjk", "poppler-utils")
    world = await open_world()
    await world.terms(contact={"from_hour": "00:00", "until_hour": "23:59", "per_seven_days": 99})
    for name, account in ACCOUNTS.items():
        await world.debtor(
            account,
            name=NAMES[name],
            addresses=[NAMES[name]],
            emails=["zhang@example.com"],
            phones=["+8613800138000"],
        )
        version = await world.owes(830000, account=account)
        for channel in CHANNELS:
            await world.request(
                f"{account}-{channel}", account=account, channel=channel, version=version
            )
    await world.run()
    return world


def mail_of(path: Path) -> EmailMessage:
    return BytesParser(policy=policy.default).parsebytes(path.read_bytes())


async def test_nothing_is_written_outside_the_folder_of_its_day(told: World) -> None:
    for path in told.outbox.rglob("*"):
        inside = path.relative_to(told.outbox).parts
        assert inside in {("acme", *inside[1:]), ("%unfinished",)}, path
        assert "evil" not in str(path)


async def test_every_notice_is_sent(told: World) -> None:
    for account in ACCOUNTS.values():
        for channel in CHANNELS:
            async with told.client("manager") as client:
                shown = (await client.get(f"/v1/notices/{account}-{channel}")).json()
            assert shown["state"] == "sent", (account, shown)


async def test_no_header_and_no_recipient_is_added_to_a_mail(told: World) -> None:
    mails = [mail_of(path) for path in sorted(told.outbox.rglob("*.eml"))]
    assert len(mails) == len(NAMES)
    for mail in mails:
        assert "Bcc" not in mail
        assert mail.get_all("To") is not None
        assert [str(each) for each in mail.get_all("To", [])] == ["zhang@example.com"]
        assert mail["Subject"].count("\n") == 0


async def test_a_name_is_text_in_a_letter(told: World) -> None:
    letters = "".join(text_of(path.read_bytes()) for path in told.outbox.rglob("*.pdf"))
    shown = "".join(letters.split())
    assert '#read("/etc/passwd")$x$*b*_i_@ref<label>' in shown
    assert "{{7*7}}" in shown
    assert "root:" not in letters


async def test_no_cell_of_a_posting_list_is_run(told: World) -> None:
    async with told.client("collector") as client:
        answer = await client.get(f"/v1/posting-lists/ems/{DAY}")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 1 + len(NAMES)
    for row in rows:
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))], row
    assert any(cell.startswith("'=HYPERLINK") for row in rows for cell in row)


async def test_a_text_message_is_one_text_to_one_number(told: World) -> None:
    files = list((told.outbox / "acme").rglob("sms/*"))
    for path in files:
        said = path.read_text()
        assert [line for line in said.splitlines() if line.startswith("To: ")] == [
            "To: +8613800138000"
        ], path
