"""Letters as PDF: whole, in their places, and as text where they cannot be set."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from chassis.errors import Misconfigured
from chassis.owed.ledger import LedgerView, OpenItem
from contracts.words.late_fee import Accrual
from services.notifier.adapters.gateway import Parcel
from services.notifier.adapters.outbox import FileOutbox
from services.notifier.domain.destinations import Profile
from services.notifier.domain.state import Account, OpenNotice
from services.notifier.domain.terms import Terms
from services.notifier.rendering.compose import Letter, values_of
from services.notifier.rendering.papers import Papers
from services.notifier.rendering.sheet import sheet_of
from services.notifier.rendering.templates import BUILT_IN, Templates
from services.notifier.settings import Sender
from tests.notifier.conftest import Open
from tests.notifier.world import World
from tests.support.debian import require
from tests.support.papers import box_of, codes_of, fonts_of, pages_of, text_of, words_of

TODAY, DUE = date(2026, 6, 18), date(2026, 6, 15)
TEMPLATES = Templates()
NAMES = sorted(path.name.split(".")[0] for path in (BUILT_IN / "zh").glob("[a-z]*.paper.j2"))
COMPANY = Profile(name="锦云餐饮有限公司", kind="company", legal_representative="陈立")
ADDRESS = "成都市天府大道1001号"


@pytest.fixture(autouse=True)
def fonts() -> None:
    require("fonts-noto-cjk", "poppler-utils")


def letter(
    template: str = "demand",
    language: str = "zh",
    *,
    items: int = 3,
    profile: Profile = COMPANY,
    to: str = ADDRESS,
    channel: str = "registered_letter",
    notice_id: str = "N-1",
) -> Letter:
    accrual = Accrual(date(2026, 6, 18), "500", "500", 10_000_00, 0)
    open_items = {
        f"I-{n}": OpenItem(f"I-{n}", "management_fee", DUE, 10_000_00 + n, True, accrual=accrual)
        for n in range(items)
    }
    total = sum(one.principal for one in open_items.values())
    view = LedgerView(3, total, 1500, DUE, "CNY", TODAY, open_items)
    notice = OpenNotice(
        notice_id=notice_id,
        purpose="arrears_notice",
        channel=channel,
        recipients="registered",
        template=template,
        needs_overdue=True,
        ledger_version=3,
        requested_at=datetime(2026, 6, 18, 7, tzinfo=UTC),
        respond_by=date(2026, 6, 28),
    )
    return Letter(
        Sender(name="青山物业集团", address="成都市人民西路1号", contact="028-12345678"),
        Account("acme", "S-1", ledger=view),
        notice,
        profile,
        Terms("acme", "Asia/Shanghai", "CNY", (language,)),
        to,
        TODAY,
        {"I-0": {"number": "FP-0871", "place": "A座18楼", "time": "2026-05"}},
    )


def named(name: str) -> Profile:
    return Profile(name=name)


def paper(given: Letter) -> bytes:
    return Papers().letter(sheet_of(TEMPLATES, given), given.today)


def lines_of(given: Letter) -> list[str]:
    """Every line of the template for a sheet, without blanks, lists in their parts."""
    values: dict[str, Any] = {**values_of(given), "sheet": True}
    text = TEMPLATES.render(
        policy="",
        language=given.language,
        names=[given.notice.template],
        channel="letter",
        values=values,
    )
    listed = {one[key] for one in values["items"] for key in ("name", "number", "amount", "where")}
    plain = [line for line in text.splitlines() if not re.match(r"  \d+\. ", line)]
    assert len(plain) == len(text.splitlines()) - len(values["items"])
    wanted = [*plain, *listed, values["name"], values["representative"], values["address"]]
    return [re.sub(r"\s", "", line) for line in wanted]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("template", NAMES)
def test_every_text_of_a_template_is_in_the_letter(template: str, language: str) -> None:
    given = letter(template, language)
    made = paper(given)
    words = words_of(made)
    assert [line for line in lines_of(given) if line not in words] == []
    assert {embedded for _, embedded in fonts_of(made)} == {"yes"}
    assert pages_of(made) == 1
    assert made == paper(letter(template, language))


@pytest.mark.parametrize("items", [3, 60])
def test_a_scanner_reads_the_notice_from_the_page(items: int) -> None:
    notice_id = "0197f3e2-7d1c-7b52-9a55-5d3f0c9b1e42"
    first, *others = codes_of(paper(letter(items=items, notice_id=notice_id)))
    assert first == [notice_id]
    assert others == [[] for _ in range(2 if items > 3 else 0)]


def test_the_total_stands_in_capitals_and_what_is_posted_says_how() -> None:
    words = words_of(paper(letter()))
    assert "合计（大写）：人民币叁万零壹拾伍元零叁分" in words
    assert "挂号信" in words
    assert "Registeredletter" in words_of(paper(letter(language="en")))


def test_name_and_address_stand_in_the_window_and_the_text_beneath_it() -> None:
    made = paper(letter(profile=named("王某某")))
    for word in ("王某某", "成都市天府大道"):
        left, upper, right, lower = box_of(made, word)
        assert 20 <= left < right <= 105
        assert 45 <= upper < lower <= 90
    assert box_of(made, "费用催缴函")[1] > 90


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_name_and_an_address_of_any_length_are_told_in_full(language: str) -> None:
    name, to = "锦云餐饮" * 25, "天府大道中段锦云大厦附属建筑群东区" * 30
    words = words_of(paper(letter(language=language, profile=named(name), to=to)))
    assert name in words
    assert to in words


def test_a_long_letter_numbers_its_pages_and_repeats_what_stands_above_the_columns() -> None:
    made = paper(letter(items=80))
    text = text_of(made)
    assert pages_of(made) == 3
    assert [f"第 {n} 页，共 3 页" in text for n in (1, 2, 3)] == [True] * 3
    assert text.count("到期日") == 3
    assert text.count("N-1") == 3
    assert all(f"10,000.{n:02}" in text for n in range(80))


async def test_a_letter_is_a_pdf_in_the_outbox(world: World) -> None:
    await world.debtor()
    await world.request(version=await world.owes(830000), purpose="demand", channel="letter")
    await world.run()
    folder = world.outbox / "acme/2026-03-10/letter"
    assert [path.name for path in folder.iterdir()] == ["N-1.pdf"]
    text = words_of((folder / "N-1.pdf").read_bytes())
    for wanted in ("张三丰", "青山县河东路18号", "8,300.00", "捌仟叁佰元整", "2026年3月10日"):
        assert wanted in text
    (sent,) = await world.published("notifier")
    async with world.client("manager") as client:
        shown = (await client.get("/v1/notices/N-1")).json()
    assert shown["reference"].endswith("letter/N-1.pdf")
    assert "收件人：张三丰" in shown["text"]
    assert sent.data.channel == "letter"


async def test_what_has_no_glyph_goes_out_as_text_that_says_so(world: World) -> None:
    await world.debtor(name="张\U0002a6a5")
    await world.request(version=await world.owes(830000), purpose="demand", channel="letter")
    await world.run()
    text = (world.outbox / "acme/2026-03-10/letter/N-1.txt").read_text()
    assert "收件人：张\U0002a6a5" in text
    assert "no glyph for U+2A6A5" in text
    assert len(await world.published("notifier")) == 1


async def test_without_fonts_it_is_text_that_says_what_to_install(tmp_path: Path) -> None:
    given = letter()
    parcel = Parcel("N-1", "acme", "S-1", "ems", TODAY, ADDRESS, "锦云", "函", "正文\n")
    outbox = FileOutbox(tmp_path, lambda: datetime(2026, 6, 18, tzinfo=UTC), Papers(tmp_path))
    sheet = sheet_of(TEMPLATES, given)
    result = await outbox.send(replace(parcel, sheet=sheet))
    assert (result.outcome, result.reference.rpartition("/")[2]) == ("accepted", "N-1.txt")
    text = (tmp_path / "acme/2026-06-18/ems/N-1.txt").read_text()
    assert "apt-get install fonts-noto-cjk" in text
    assert text.endswith("函\n\n正文\n")
    assert (await outbox.find(parcel)).finding == "sent"


async def test_a_folder_of_fonts_that_is_named_must_have_them(
    open_world: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARREARS_FONTS", str(tmp_path))
    with pytest.raises(Misconfigured, match="fonts-noto-cjk"):
        await open_world()
