"""From a request to a file in the outbox, and what others are told of it."""

from datetime import UTC, date, datetime
from email import message_from_bytes, policy

from contracts import dunning, ledger
from contracts.words.streams import Subject
from tests.notifier.world import World
from tests.support.papers import words_of
from tests.support.service_world import ACCOUNT, CREDITOR
from tests.support.stored import data_of

EVENING = datetime(2026, 3, 10, 14, tzinfo=UTC)
"""22:00 in Shanghai."""


async def _kinds(world: World) -> list[str]:
    return [one.type.removeprefix("notifier.notice.") for one in await world.published("notifier")]


async def test_a_requested_notice_becomes_a_file_and_a_message(world: World) -> None:
    await world.debtor()
    version = await world.owes(830000)
    await world.request(version=version, respond_by=date(2026, 3, 20))
    await world.run()
    text = (world.outbox / "acme/2026-03-10/sms/N-1.txt").read_text()
    for wanted in ("+8613800138000", "张三丰", "8,300.00", "2026年3月20日", "青山县人民医院"):
        assert wanted in text
    (sent,) = await world.published("notifier")
    assert sent.type == "notifier.notice.sent.v1"
    assert (sent.data.notice_id, sent.data.to, sent.data.case_id) == ("N-1", "***8000", "C-1")
    assert sent.data.attempt == 1


async def test_an_email_is_a_message_file_with_the_notice_in_its_id(world: World) -> None:
    await world.debtor()
    await world.request(version=await world.owes(830000), channel="email", purpose="demand")
    await world.run()
    raw = (world.outbox / "acme/2026-03-10/email/N-1.eml").read_bytes()
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["To"] == "zhang@example.com"
    assert mail["Message-ID"] == "<N-1@localhost>"
    assert "8,300.00" in mail["Subject"]
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        assert "8,300.00" in part.get_content()


async def test_the_same_request_twice_sends_one_notice(world: World) -> None:
    await world.debtor()
    version = await world.owes(100)
    await world.request(version=version)
    await world.request(version=version)
    await world.run()
    await world.request(version=version)
    await world.run()
    assert await _kinds(world) == ["sent.v1"]


async def test_a_debt_paid_before_sending_suppresses_the_notice(world: World) -> None:
    await world.debtor()
    version = await world.owes(830000)
    await world.request(version=version)
    await world.owes(0)
    await world.run()
    (told,) = await world.published("notifier")
    assert told.type == "notifier.notice.suppressed.v1"
    assert told.data.reason == "cleared"
    assert not world.outbox.exists()


async def test_a_bill_is_sent_although_nothing_is_overdue(world: World) -> None:
    await world.debtor()
    version = await world.owes(1850000, due=date(2026, 3, 25), overdue=False)
    await world.request(version=version, purpose="bill", channel="letter", needs_overdue=False)
    await world.run()
    text = words_of((world.outbox / "acme/2026-03-10/letter/N-1.pdf").read_bytes())
    assert "18,500.00" in text
    assert "2026年3月25日" in text
    assert "青山县河东路18号" in text


async def test_outside_contact_hours_a_notice_waits_for_the_morning(world: World) -> None:
    await world.debtor()
    version = await world.owes(830000)
    world.clock.set(EVENING)
    await world.request(version=version)
    await world.run()
    assert await _kinds(world) == []
    async with world.client("manager") as client:
        (row,) = (await client.get("/v1/notices")).json()["items"]
    assert (row["state"], row["reason"]) == ("waiting", "hours")
    await world.run(datetime(2026, 3, 10, 23, 59, tzinfo=UTC))
    assert await _kinds(world) == []
    await world.run(datetime(2026, 3, 11, 0, 0, tzinfo=UTC))
    assert await _kinds(world) == ["sent.v1"]
    assert (world.outbox / "acme/2026-03-11/sms/N-1.txt").exists()


async def test_a_payment_overnight_suppresses_what_waits_for_the_morning(world: World) -> None:
    await world.debtor()
    version = await world.owes(830000)
    world.clock.set(EVENING)
    await world.request(version=version)
    await world.run()
    await world.owes(0)
    await world.run(datetime(2026, 3, 11, 1, tzinfo=UTC))
    assert await _kinds(world) == ["suppressed.v1"]


async def test_the_eighth_contact_in_seven_days_waits_until_the_window_frees(
    world: World,
) -> None:
    await world.debtor()
    version = await world.owes(830000)
    call = {
        "account_id": ACCOUNT,
        "case_id": "C-1",
        "kind": "phone_call",
        "owner": "collector",
        "day": date(2026, 3, 9),
        "policy": "county-hospital",
        "version": 1,
        "reason": "day 5 reached",
    }
    await world.publish(dunning.TaskRequested.model_validate(call | {"task_id": "T-1"}))
    for number in range(7):
        await world.request(f"N-{number}", version=version)
    await world.run()
    assert await _kinds(world) == ["sent.v1"] * 6
    await world.run(datetime(2026, 3, 15, 23, tzinfo=UTC))
    assert len(await _kinds(world)) == 6
    await world.run(datetime(2026, 3, 16, 0, 0, tzinfo=UTC))
    assert len(await _kinds(world)) == 7


async def test_a_notice_waits_for_a_debtor_that_is_not_known_yet(world: World) -> None:
    version = await world.owes(830000)
    await world.request(version=version)
    await world.run()
    assert await _kinds(world) == []
    await world.debtor()
    await world.run()
    assert await _kinds(world) == ["sent.v1"]


async def test_a_debtor_nobody_ever_describes_has_no_address(world: World) -> None:
    await world.request(version=await world.owes(830000))
    await world.run(datetime(2026, 3, 12, tzinfo=UTC))
    (told,) = await world.published("notifier")
    assert told.data.reason == "no_address"


async def test_without_a_usable_number_the_notice_is_suppressed(world: World) -> None:
    await world.debtor(phones=["010-12345678", "none"])
    await world.request(version=await world.owes(830000))
    await world.run()
    (told,) = await world.published("notifier")
    assert (told.type, told.data.reason) == ("notifier.notice.suppressed.v1", "no_address")


async def test_a_company_gets_one_mailing_at_its_seat_and_one_at_each_other_address(
    world: World,
) -> None:
    await world.debtor(
        name="锦云餐饮管理有限公司",
        kind="company",
        legal_representative="陈立",
        registered_address="天府大道1001号",
        addresses=["科华北路58号", "天府大道1001号", "科华北路58号", "人民南路3号"],
    )
    version = await world.owes(1850000)
    await world.request(
        "N-1", version=version, channel="ems", recipients="registered", purpose="arrears_notice"
    )
    await world.request(
        "N-2", version=version, channel="ems", recipients="each_other", purpose="arrears_notice"
    )
    await world.run()
    folder = world.outbox / "acme/2026-03-10/ems"
    texts = {path.stem: words_of(path.read_bytes()) for path in folder.iterdir()}
    assert sorted(texts) == ["N-1", "N-2", "N-2.2"]
    seat = texts["N-1"]
    for wanted in ("欠费催缴通知书", "锦云餐饮管理有限公司", "陈立", "天府大道1001号", "18,500.00"):
        assert wanted in seat
    assert "科华北路58号" in texts["N-2"]
    assert "人民南路3号" in texts["N-2.2"]
    assert "天府大道" not in texts["N-2"] + texts["N-2.2"]


async def test_an_objection_to_a_channel_is_respected(world: World) -> None:
    await world.debtor()
    version = await world.owes(830000)
    await world.run()
    async with world.client("collector") as client:
        answer = await client.put(f"/v1/accounts/{ACCOUNT}/opt-outs/sms")
        assert answer.json() == {"account": ACCOUNT, "channels": ["sms"]}
    await world.request("N-1", version=version)
    await world.request("N-2", version=version, channel="letter")
    await world.run()
    told = {one.data.notice_id: one for one in await world.published("notifier")}
    assert told["N-1"].data.reason == "opted_out"
    assert told["N-2"].type == "notifier.notice.sent.v1"


async def test_an_erased_debtor_leaves_no_file_and_no_name(world: World) -> None:
    await world.debtor()
    version = await world.owes(830000)
    await world.request("N-1", version=version)
    await world.run()
    world.clock.set(EVENING)
    await world.request("N-2", version=version)
    await world.run()
    await world.publish(ledger.AccountErasureConfirmed(account_id=ACCOUNT))
    await world.run()
    assert not [path for path in world.outbox.rglob("*") if path.is_file()]
    told = {one.data.notice_id: one for one in await world.published("notifier")}
    assert told["N-2"].data.reason == "erased"
    async with world.client("manager") as client:
        shown = (await client.get("/v1/notices/N-1")).json()
    assert shown["text"] is None
    assert shown["to"] == "***8000"
    await world.debtor(name="又来了")
    await world.run()
    keys = await world.service.keys([Subject(CREDITOR, ACCOUNT)])
    assert keys.is_erased(Subject(CREDITOR, ACCOUNT))
    stored = await world.service.pool.fetch(
        "select data from events union all select data from state"
    )
    assert not [data for data in data_of(stored) if "张三丰".encode() in data]


async def test_what_is_stored_of_a_debtor_is_sealed(world: World) -> None:
    await world.debtor()
    await world.request(version=await world.owes(830000))
    await world.run()
    events = await world.service.pool.fetch(
        "select data from events union all select data from state"
    )
    for planted in ("张三丰", "13800138000", "zhang@example.com", "河东路"):
        assert not [data for data in data_of(events) if planted.encode() in data]
    rows = await world.service.pool.fetch("select view_notices::text from view_notices")
    assert "张三丰" not in str(rows)


async def test_many_accounts_are_worked_off_in_batches(world: World) -> None:
    for number in range(120):
        account = f"A-{number}"
        await world.debtor(account)
        version = await world.owes(100 + number, account=account)
        await world.request(f"N-{number}", account=account, version=version)
    await world.run()
    sent = [one.data.notice_id for one in await world.published("notifier")]
    assert sorted(sent) == sorted(f"N-{number}" for number in range(120))
    texts = {path.stem: path.read_text() for path in world.outbox.rglob("*.txt")}
    assert "1.57" in texts["N-57"]
