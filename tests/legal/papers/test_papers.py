"""Documents as PDF: what readers of PDFs find in them, where they lie, and who is given them."""

import hashlib
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from chassis.owed.amounts import Owed, OwedItem
from chassis.owed.terms import Terms
from contracts.words.vocabulary import DOCUMENTS
from services.legal.domain.parties import Guarantor, Profile
from services.legal.domain.state import Judgment, Matter, PendingDocument
from services.legal.rendering.compose import Documents, Drawing
from services.legal.rendering.papers import Papers
from services.legal.rendering.sheet import blocks_of
from services.legal.settings import Office
from tests.legal.world import LegalWorld
from tests.support.debian import require
from tests.support.papers import fonts_of, words_of

TODAY = date(2026, 6, 30)
COMPANY = Profile(
    name="宁远机电设备有限公司",
    kind="company",
    legal_representative="郑国强",
    registered_address="宁远市工业大道66号",
    guarantors=(Guarantor("李担保", "13800138001"), Guarantor("赵保")),
)
PERSON = Profile(name="张三丰", id_number="510104199001011234", addresses=("河东路18号",))
OFFICE = Office(
    name="远大租赁有限公司",
    code="91510100MA6CQ0XX1X",
    address="人民南路四段1号",
    representative="周正",
    contact="028-85551234",
    law_firm="明理律师事务所",
    court="宁远市人民法院",
)
CLAIM = Owed(
    "CNY",
    4860000,
    1234,
    (OwedItem("FW-0501", "equipment_rental", date(2026, 5, 31), 4860000, 1234),),
)


def _text(document: str, language: str, profile: Profile, *, judged: bool = False) -> str:
    request = PendingDocument(
        "L-1", document, "C-1", 1, datetime(2026, 6, 30, 1, tzinfo=UTC), "CNY", 1, 0, 1
    )
    terms = Terms("acme", "Asia/Shanghai", "CNY", (language,), name="远大租赁有限公司")
    ends = datetime(2026, 6, 20, 16, tzinfo=UTC)
    judgment = Judgment(date(2026, 6, 10), 4860000, date(2026, 6, 20), ends) if judged else None
    matter = replace(Matter("acme", "KH-0501"), judgment=judgment)
    return Documents().draw(Drawing(request, matter, profile, CLAIM, terms, OFFICE, TODAY)).body


def _set(text: str, language: str = "zh") -> bytes:
    return Papers().document({"body": text, "language": language}, "L-1", TODAY)


@pytest.mark.parametrize("profile", [COMPANY, PERSON], ids=["company", "person"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_text_of_a_document_is_in_its_pdf(
    document: str, language: str, profile: Profile
) -> None:
    require("fonts-noto-cjk", "poppler-utils")
    text = _text(document, language, profile, judged=profile is COMPANY)
    paper = _set(text, language)
    assert paper == _set(text, language)
    # What stands at the foot of a page and at the head of the next is no part of the text.
    words = re.sub(r"L-1第\d页，共\d页|L-1Page\dof\d", "", words_of(paper))
    missing = [line for line in text.split("\n") if re.sub(r"\s", "", line) not in words]
    assert not missing
    assert all(embedded == "yes" for _, embedded in fonts_of(paper))


def test_a_paper_is_laid_out_as_courts_expect() -> None:
    blocks = blocks_of(_text("complaint", "zh", COMPANY).partition("\n")[2])
    kinds = "".join(one.kind[0] for one in blocks)
    # five lines of the claimant, three of the defendant, two guarantors; four headings' worth
    assert re.fullmatch(r"p{10}hrrrhpip+fff?s|p{10}hrrrhpip+ffs", kinds), kinds
    assert blocks[0].lines == ("原告", "远大租赁有限公司")
    assert blocks[-1].lines == ("具状人：远大租赁有限公司", "2026年6月30日")
    english = blocks_of(_text("complaint", "en", PERSON).partition("\n")[2])
    assert [one.lines[0] for one in english if one.kind == "heading"] == ["Facts and grounds"]
    assert english[-1].lines == ("远大租赁有限公司", "30 June 2026")


async def _issued(world: LegalWorld, **debtor: Any) -> None:
    await world.debtor(**debtor)
    await world.asks(version=await world.owes(830000))
    await world.run()


async def test_the_pdf_lies_beside_the_text_and_is_given_out_with_its_hash(
    world: LegalWorld,
) -> None:
    require("fonts-noto-cjk")
    await _issued(world)
    folder = world.documents / "acme/2026-03-10"
    filed = (folder / "complaint-L-1.pdf").read_bytes()
    assert (folder / "complaint-L-1.txt").is_file()
    async with world.client("legal") as client:
        shown = (await client.get("/v1/documents/L-1")).json()
        given = await client.get("/v1/documents/L-1/pdf")
        none = await client.get("/v1/documents/L-2/pdf")
    assert given.headers["content-type"] == "application/pdf"
    assert given.content == filed
    assert shown["pdf_hash"] == hashlib.sha256(filed).hexdigest()
    assert none.status_code == 404
    async with world.client("collector") as client:
        assert (await client.get("/v1/documents/L-1/pdf")).status_code == 403


async def test_a_name_that_cannot_be_set_leaves_the_text(world: LegalWorld) -> None:
    require("fonts-noto-cjk")
    await _issued(world, name="張\U00020000\U0001f600")
    folder = world.documents / "acme/2026-03-10"
    assert [one.name for one in folder.iterdir()] == ["complaint-L-1.txt"]
    async with world.client("legal") as client:
        assert (await client.get("/v1/documents/L-1")).json()["pdf_hash"] is None
        refused = await client.get("/v1/documents/L-1/pdf")
    assert refused.status_code == 422
    assert "U+1F600" in refused.text


async def test_the_bytes_in_the_folder_are_given_where_they_would_be_set_otherwise_now(
    world: LegalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("fonts-noto-cjk")
    await _issued(world)
    path = world.documents / "acme/2026-03-10/complaint-L-1.pdf"
    filed = path.read_bytes()
    monkeypatch.setattr(Papers, "document", lambda *_: b"another version's")
    async with world.client("legal") as client:
        assert (await client.get("/v1/documents/L-1/pdf")).content == filed
        path.write_bytes(filed[:-1])
        refused = await client.get("/v1/documents/L-1/pdf")
    assert refused.status_code == 409
    assert "as it was filed" in refused.text
