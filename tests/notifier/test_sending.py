"""From a request to a file in the outbox, and what others are told of it."""

from datetime import UTC, date, datetime
from email import message_from_bytes, policy

from contracts import billing, dunning

from chassis.vault import Subject
from tests.notifier.world import ACCOUNT, CREDITOR, World


async def test_a_requested_notice_becomes_a_file_and_a_message(world: World) -> None:
    await world.debtor()
    version = await world.owes(830000)
    await world.request(version=version, respond_by=date(2026, 3, 20))
    await world.run()
    path = world.outbox / "acme/2026-03-10/sms/N-1.txt"
    text = path.read_text()
    assert "+8613800138000" in text
    assert "张三丰" in text
    assert "8,300.00" in text
    assert "2026年3月20日" in text
    assert "青山县人民医院" in text
    (sent,) = await world.published("notifier")
    assert sent.type == "notifier.notice.sent.v1"
    assert sent.data.notice_id == "N-1"
    assert sent.data.to == "***8000"
    assert sent.data.case_id == "C-1"
    assert sent.causationid is None
