"""Registered letters and EMS: the list for the post, and what the post says of them."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.errors import Malformed
from contracts import ledger
from services.notifier.posting.columns import COLUMNS
from services.notifier.posting.listing import Posted, labels
from services.notifier.posting.reading import read
from services.notifier.rendering.papers import Papers
from tests.notifier.world import World
from tests.support.debian import require
from tests.support.papers import codes_of, pages_of, text_of, words_of
from tests.support.service_world import ACCOUNT

LIST = "/v1/posting-lists"
DAY = "2026-03-10"
LATER = datetime(2026, 3, 20, 2, tzinfo=UTC)
COMPANY: dict[str, Any] = {
    "kind": "company",
    "name": "锦云餐饮管理有限公司",
    "legal_representative": "陈立",
    "registered_address": "天府大道1001号",
    "addresses": ["科华北路58号"],
}
ZH = COLUMNS["zh"]


async def sent(world: World) -> None:
    """Two EMS mailings of one company, one registered letter and an ordinary one."""
    await world.debtor(**COMPANY)
    version = await world.owes(1850000)
    mailed: dict[str, Any] = {
        "version": version,
        "purpose": "arrears_notice",
        "template": "mailed_arrears_notice",
    }
    await world.request("N-1", channel="ems", recipients="registered", **mailed)
    await world.request("N-2", channel="ems", recipients="each_other", **mailed)
    await world.request("N-3", channel="registered_letter", version=version)
    await world.request("N-4", channel="letter", version=version)
    await world.run()


async def rows_of(world: World, channel: str = "ems") -> list[dict[str, str]]:
    async with world.client("collector") as client:
        answer = await client.get(f"{LIST}/{channel}/{DAY}")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def filled(*rows: dict[str, str], encoding: str = "utf-8-sig") -> bytes:
    """A list as a person sends it back: the columns that were filled in."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ZH)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


async def take(world: World, content: bytes) -> dict[str, Any]:
    async with world.client("administration") as client:
        answer = await client.post(LIST, content=content, headers={"content-type": "text/csv"})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def notice(world: World, notice_id: str) -> dict[str, Any]:
    async with world.client("manager") as client:
        shown: dict[str, Any] = (await client.get(f"/v1/notices/{notice_id}")).json()
    return shown


async def test_a_list_names_addressee_address_and_content_and_leaves_the_receipt_open(
    world: World,
) -> None:
    await sent(world)
    first, second = await rows_of(world)
    assert first["序号"] == "1"
    assert first["收件人"] == "锦云餐饮管理有限公司（法定代表人：陈立）"
    assert first["收件地址"] == "天府大道1001号"
    assert first["内件品名"].startswith("欠费催缴通知书；管理费：人民币 ")
    assert (first["通知编号"], first["邮件号码"], first["投递结果"]) == ("N-1", "", "")
    assert second["收件地址"] == "科华北路58号"
    (registered,) = await rows_of(world, "registered_letter")
    assert (registered["通知编号"], registered["内件品名"]) == ("N-3", "缴费提醒函")


async def test_receipts_signatures_and_returns_reach_the_notices_once(world: World) -> None:
    await sent(world)
    world.clock.set(LATER)
    receipts = filled(
        {"通知编号": "N-1", "邮件号码": "EB1", "交寄日期": "2026-03-11"},
        {"通知编号": "N-2", "邮件号码": "EB2", "交寄日期": "2026/3/11"},
        {"通知编号": "N-3"},
        encoding="gb18030",
    )
    assert await take(world, receipts) == {"news": 2, "known": 0, "empty": 1, "refused": []}
    results = filled(
        {"邮件号码": "EB1", "投递结果": "签收", "结果日期": "2026年3月13日"},
        {"邮件号码": "EB2", "投递结果": "退回", "结果日期": "2026-03-19"},
    )
    assert (await take(world, results))["news"] == 2
    assert await take(world, results) == {"news": 0, "known": 2, "empty": 0, "refused": []}
    assert (await take(world, receipts))["known"] == 2
    signed = await notice(world, "N-1")
    assert (signed["receipt"], signed["posted_on"]) == ("EB1", "2026-03-11")
    assert (signed["state"], signed["result_by"]) == ("signed", "ann")
    assert signed["result_at"].startswith("2026-03-13T15:59:59")
    assert (await notice(world, "N-2"))["state"] == "returned"
    await world.run()
    told = [one.type.split(".")[2] for one in await world.published("notifier")]
    assert told.count("acknowledged") == told.count("returned") == 1
    first, second = await rows_of(world)
    assert (first["邮件号码"], first["投递结果"], first["结果日期"]) == (
        "EB1",
        "签收",
        "2026-03-13",
    )
    assert second["投递结果"] == "退回"


async def test_each_line_that_cannot_be_taken_says_why_and_the_others_are(world: World) -> None:
    await sent(world)
    world.clock.set(LATER)
    told = await take(
        world,
        filled(
            {"通知编号": "N-1", "邮件号码": "EB1"},
            {"通知编号": "N-9", "邮件号码": "EB9"},
            {"通知编号": "N-4", "邮件号码": "EB4"},
            {"通知编号": "N-2", "邮件号码": "EB1"},
            {"通知编号": "N-1", "邮件号码": "EB7"},
            {"通知编号": "N-2", "投递结果": "也许", "结果日期": "2026-03-12"},
            {"通知编号": "N-2", "投递结果": "签收"},
            {"通知编号": "N-2", "投递结果": "签收", "结果日期": "2026-04-01"},
            {"通知编号": "N-2", "邮件号码": "1.23457E+17"},
            {"收件人": "某人"},
            {"通知编号": "N\0", "邮件号码": "EB9"},
            {"通知编号": "N-3", "投递结果": "拒收", "结果日期": "2026-03-12"},
        ),
    )
    assert (told["news"], [one["line"] for one in told["refused"]]) == (2, list(range(3, 13)))
    reasons = [one["reason"] for one in told["refused"]]
    wanted = (
        *("no letter N-9", "no letter N-4", "another notice", "has the receipt EB1"),
        *("none of delivered", "wants its day", "yet to come", "rounded", "names neither"),
        "not the id of one",
    )
    assert [word for word, reason in zip(wanted, reasons, strict=True) if word not in reason] == []
    assert (await notice(world, "N-3"))["state"] == "refused"
    assert (await notice(world, "N-2"))["receipt"] is None


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xff", "姓名,地址\n张三,某路\n".encode(), b'a,"b\n']
)
async def test_a_file_that_is_no_list_is_refused(world: World, content: bytes) -> None:
    async with world.client("collector") as client:
        answer = await client.post(LIST, content=content)
    assert answer.status_code == 422


def test_a_quotation_mark_that_is_never_closed_swallows_no_lines() -> None:
    content = b'notice,address,receipt\nn1,"Road 1,R1\nn2,Road 2,R2\n'
    with pytest.raises(Malformed, match="line 3: unexpected end of data"):
        list(read(content))


async def test_an_erased_debtor_leaves_a_line_without_a_name(world: World) -> None:
    await sent(world)
    await world.publish(ledger.AccountErasureConfirmed(account_id=ACCOUNT))
    await world.run()
    first, _ = await rows_of(world)
    assert (first["通知编号"], first["收件人"], first["收件地址"]) == ("N-1", "", "")


async def test_labels_show_who_and_where_and_name_what_they_cannot_set(world: World) -> None:
    require("fonts-noto-cjk", "poppler-utils")
    await sent(world)
    async with world.client("collector") as client:
        answer = await client.get(f"{LIST}/ems/{DAY}", params={"format": "pdf"})
    words = words_of(answer.content)
    for wanted in ("锦云餐饮管理有限公司（法定代表人：陈立）", "天府大道1001号", "科华北路58号"):
        assert wanted in words
    assert "N-2" in words
    blank = ("欠费催缴通知书", "", "", "", "")
    many = [Posted(f"N-{n}", "A", "张\U0002a6a5", "", "某路" * 200, *blank) for n in range(9)]
    paper = Papers().labels(labels(many, "ems", "zh", "t"), LATER.date())
    assert pages_of(paper) == 2
    codes = [code for page in codes_of(paper) for code in page]
    assert codes == [one.notice_id for one in many]
    assert "张〓" in text_of(paper)
    assert text_of(paper).count("〓 = U+2A6A5") == 9
