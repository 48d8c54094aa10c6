"""Every document in both languages, as a person reads it."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from chassis.errors import Malformed
from chassis.owed.amounts import Owed, OwedItem
from chassis.owed.ledger import LedgerView, OpenItem
from chassis.owed.terms import Terms
from contracts.words.late_fee import Accrual
from contracts.words.vocabulary import DOCUMENTS
from services.legal.domain.amounts import claim
from services.legal.domain.parties import Guarantor, Profile
from services.legal.domain.state import Matter, PendingDocument
from services.legal.rendering.compose import Documents, Drawing
from services.legal.settings import Office

TODAY = date(2026, 6, 30)
CLAIM = Owed(
    "CNY",
    4860000,
    1234,
    (OwedItem("FW-0501", "equipment_rental", date(2026, 5, 31), 4860000, 1234),),
)
COMPANY = Profile(
    name="宁远机电设备有限公司",
    kind="company",
    legal_representative="郑国强",
    registered_address="宁远市工业大道66号",
)
PERSON = Profile(name="张三丰", id_number="510104199001011234", addresses=("河东路18号",))
DRAWING = Documents()


def _draw(
    document: str,
    language: str = "zh",
    profile: Profile = COMPANY,
    claimed: Owed = CLAIM,
    documents: Documents = DRAWING,
) -> str:
    request = PendingDocument(
        "L-1", document, "C-1", 1, datetime(2026, 6, 30, 1, tzinfo=UTC), "CNY", 1, 0, 1,
        policy="service-company",
    )  # fmt: skip
    terms = Terms("acme", "Asia/Shanghai", "CNY", (language,), name="远大租赁有限公司")
    office = Office(law_firm="明理律师事务所", court="宁远市人民法院")
    matter = Matter("acme", "KH-0501")
    drawing = Drawing(request, matter, profile, claimed, terms, office, TODAY)
    return documents.draw(drawing).body


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("document", DOCUMENTS)
def test_parties_amounts_and_dates_are_in_every_document(document: str, language: str) -> None:
    text = _draw(document, language)
    for wanted in (
        "宁远机电设备有限公司",
        "郑国强",
        "宁远市工业大道66号",
        "远大租赁有限公司",
        "48,612.34",
        "48,600.00",
        "FW-0501",
        "KH-0501",
        "2026年6月30日" if language == "zh" else "30 June 2026",
        "2026年5月31日" if language == "zh" else "31 May 2026",
    ):
        assert wanted in text
    assert "{" not in text
    assert "None" not in text


@pytest.mark.parametrize("document", ["complaint", "preservation_application", "seizure_order"])
def test_a_person_is_identified_and_has_no_representative(document: str) -> None:
    text = _draw(document, profile=PERSON)
    assert "510104199001011234" in text
    assert "法定代表人：" not in text
    assert "住址：河东路18号" in text


def test_documents_go_to_the_court_the_office_names() -> None:
    assert "宁远市人民法院" in _draw("complaint")
    assert "明理律师事务所" in _draw("lawyer_letter")


def test_without_late_fee_none_is_claimed() -> None:
    bare = Owed("CNY", 12850, 0, (OwedItem("HF-1", "telephone_fee", date(2026, 1, 31), 12850, 0),))
    for document in DOCUMENTS:
        text = _draw(document, claimed=bare)
        assert "128.50" in text
        assert "滞纳金" not in text


def test_a_policys_own_text_comes_first(tmp_path: Path) -> None:
    folder = tmp_path / "service-company" / "zh"
    folder.mkdir(parents=True)
    (folder / "complaint.j2").write_text("起诉状\n{{ name }}欠{{ total }}")
    assert _draw("complaint", documents=Documents(tmp_path)) == (
        "起诉状\n宁远机电设备有限公司欠人民币 48,612.34 元\n"
    )
    (folder / "complaint.j2").write_text("{{ name.__class__.__mro__ }}")
    with pytest.raises(Malformed, match="complaint"):
        _draw("complaint", documents=Documents(tmp_path))


def test_the_claim_is_the_ledgers_of_the_day_when_it_is_as_new_as_the_decision() -> None:
    item = OpenItem(
        "I-1", "rent", date(2026, 5, 1), 10000, overdue=True,
        accrual=Accrual(date(2026, 6, 20), "100.4", "2.5", 10000, 20),
    )  # fmt: skip
    view = LedgerView(5, 10000, 80, date(2026, 5, 1), "CNY", TODAY, {"I-1": item})
    decided = OwedItem("I-1", "rent", date(2026, 5, 1), 9000, 0)
    request = PendingDocument(
        "L-1", "complaint", "C-1", 5, datetime(2026, 6, 30, 1, tzinfo=UTC), "CNY", 9000, 0, 9000,
        (decided,),
    )  # fmt: skip
    found = claim(view, request, TODAY)
    # 100.4 + 10 x 2.5 = 125.4, rounded 125, less 20 settled
    assert (found.principal, found.late_fee, found.total) == (10000, 105, 10105)
    newer = PendingDocument(
        "L-1", "complaint", "C-1", 6, datetime(2026, 6, 30, 1, tzinfo=UTC), "CNY", 9000, 0, 9000,
        (decided,),
    )  # fmt: skip
    assert claim(view, newer, TODAY).items == (decided,)
    # money that waits on the account is not claimed
    partly = claim(replace(view, prepaid=4000), request, TODAY)
    assert (partly.principal, partly.late_fee, partly.items[0].principal) == (6000, 105, 6000)
    but_the_fee = claim(replace(view, prepaid=10050), request, TODAY)
    assert (but_the_fee.principal, but_the_fee.late_fee) == (0, 55)
    assert claim(replace(view, prepaid=10105), request, TODAY).items == ()


@pytest.mark.parametrize("document", ["lawyer_letter", "complaint"])
@pytest.mark.parametrize(("language", "word"), [("zh", "保证人"), ("en", "guarantor")])
def test_the_guarantor_is_named_where_there_is_one(document: str, language: str, word: str) -> None:
    named = replace(COMPANY, guarantors=(Guarantor("李担保", "13800138001"), Guarantor("赵保")))
    text = _draw(document, language, named)
    assert word in text
    assert "李担保" in text
    assert "赵保\n" in text
    assert word not in _draw(document, language)
