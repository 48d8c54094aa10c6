"""Letters that a policy asks for by a template of its own."""

from datetime import UTC, date, datetime

import pytest

from chassis.owed.ledger import LedgerView, OpenItem
from services.notifier.domain.destinations import Profile
from services.notifier.domain.state import Account, OpenNotice
from services.notifier.domain.terms import Terms
from services.notifier.rendering.compose import Content, Letter, compose
from services.notifier.rendering.templates import Templates
from services.notifier.settings import Sender

DUE = date(2026, 6, 15)
COMPANY = Profile(name="锦云餐饮有限公司", kind="company", legal_representative="陈立")


def write(template: str, language: str, *items: tuple[str, int]) -> Content:
    """A paper notice of 18 June about overdue items, each an item name and an amount in fen."""
    open_items = {
        f"I-{n}": OpenItem(f"I-{n}", item, DUE, amount, overdue=True)
        for n, (item, amount) in enumerate(items)
    }
    total = sum(amount for _, amount in items)
    view = LedgerView(3, total, 0, DUE, "CNY", date(2026, 6, 18), open_items)
    notice = OpenNotice(
        notice_id="N-1",
        purpose="arrears_notice",
        channel="ems",
        recipients="registered",
        template=template,
        needs_overdue=True,
        ledger_version=3,
        requested_at=datetime(2026, 6, 18, 7, tzinfo=UTC),
        respond_by=date(2026, 6, 28),
    )
    letter = Letter(
        Sender(name="青山物业集团"),
        Account("acme", "S-1", ledger=view),
        notice,
        COMPANY,
        Terms("acme", "Asia/Shanghai", "CNY", (language,)),
        "天府大道1001号",
        date(2026, 6, 18),
    )
    return compose(Templates(), letter)


class TestMailedNotice:
    def test_its_contents_line_tells_management_fee_and_other_fees_apart(self) -> None:
        text = write(
            "mailed_arrears_notice",
            "zh",
            ("management_fee", 1000000),
            ("water_fee", 20050),
            ("management_fee", 850000),
        ).body
        assert (
            "内件品名：欠费催缴通知书；管理费：人民币 18,500.00 元；"
            "其他费用：人民币 200.50 元；最后缴纳期限：2026年6月28日" in text
        )

    def test_it_is_addressed_to_the_company_and_its_representative(self) -> None:
        text = write("mailed_arrears_notice", "zh", ("management_fee", 100)).body
        assert "收件人：锦云餐饮有限公司" in text
        assert "法定代表人：陈立" in text
        assert "地址：天府大道1001号" in text

    def test_in_english_too(self) -> None:
        text = write("mailed_arrears_notice", "en", ("rent", 100000)).body
        assert "management fee CNY 0.00; other fees CNY 1,000.00" in text
        assert "last day to pay 28 June 2026" in text


@pytest.mark.parametrize(
    ("language", "heading", "reason"),
    [("zh", "欠税通知书", "增值税"), ("en", "Notice of tax arrears", "value added tax")],
)
def test_a_tax_notice_names_amount_reason_and_last_day(
    language: str, heading: str, reason: str
) -> None:
    content = write("tax_arrears_notice", language, ("value_added_tax", 2000000))
    assert content.subject == heading
    assert "20,000.00" in content.body
    assert reason in content.body
    assert ("2026年6月28日" if language == "zh" else "28 June 2026") in content.body
