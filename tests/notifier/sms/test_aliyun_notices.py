"""Notices over Alibaba Cloud: what stands at the variables of its registered texts, and how the
case learns what became of them.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from chassis.errors import Misconfigured
from contracts import ledger
from services.notifier.domain.texts import Place
from services.notifier.main import dispatcher
from services.notifier.rendering.plain import VARIABLES, plain
from services.notifier.rendering.samples import sample_letter, samples_for
from services.notifier.settings import NotifierSettings
from tests.notifier.conftest import Open
from tests.notifier.sms.test_receipts import ANY_HOUR
from tests.notifier.world import World
from tests.support.aliyun import Cloud, cloud
from tests.support.service_world import ACCOUNT
from tests.support.stored import data_of

PARAMS: dict[str, Any] = {
    "who": "name",
    "number": "account",
    "amount": "total",
    "figure": {"variable": "total_figure", "max": 7},
    "what": "items",
    "last_day": "pay_by",
    "by": "creditor",
}
_STORED = "select data from events union all select data from state"
DELIVERED, FAILED = "notifier.notice.delivered.v1", "notifier.notice.failed.v1"


def _templates(**changes: Any) -> list[dict[str, Any]]:
    return [{"sign_name": "城市供热", "code": "SMS_1", "params": PARAMS | changes}]


@pytest_asyncio.fixture
async def first() -> AsyncIterator[Cloud]:
    async with cloud() as running:
        yield running


@pytest_asyncio.fixture
async def second() -> AsyncIterator[Cloud]:
    async with cloud() as running:
        yield running


async def _sent(world: World, *ids: str) -> World:
    await world.terms(contact=ANY_HOUR)
    await world.debtor()
    version = await world.owes(830000)
    for one in ids or ("N-1",):
        await world.request(one, version=version)
    await world.run()
    return world


async def _shown(world: World, notice_id: str = "N-1") -> dict[str, Any]:
    async with world.client("manager") as client:
        found: dict[str, Any] = (await client.get(f"/v1/notices/{notice_id}")).json()
    return found


async def _told(world: World, **time: float) -> list[str]:
    """What others are told of the notices beyond that they were sent, when time has passed."""
    world.clock.set(world.clock.now() + timedelta(**time))
    await world.run()
    return [one.type for one in await world.published("notifier") if "sent" not in one.type]


async def test_a_registered_text_gets_the_values_of_the_notice(
    open_world: Open, first: Cloud
) -> None:
    world = await _sent(await open_world(sms_gateways=[first.settings("a", _templates())]))
    (taken,) = first.book
    values = orjson.loads(taken["TemplateParam"])
    assert values == {
        "who": "张三丰",
        "number": ACCOUNT,
        "amount": "人民币 8,300.00 元",
        "figure": "8300.00",
        "what": "医疗费",
        "last_day": "2026年3月17日（含）",
        "by": "青山县人民医院",
    }
    text = (await _shown(world))["text"]
    assert [name for name, one in values.items() if one not in text] == ["figure", "what"]
    rows = await world.service.pool.fetch(_STORED)
    assert not [one for one in data_of(rows) if b"8300.00" in one or "张三丰".encode() in one]
    await world.publish(ledger.AccountErasureConfirmed(account_id=ACCOUNT))
    await world.run()
    assert (await _shown(world))["text"] is None


async def test_what_does_not_fit_a_variable_goes_by_the_next_gateway(
    open_world: Open, first: Cloud, second: Cloud
) -> None:
    narrow = _templates(amount={"variable": "total", "max": 8})
    listed = [first.settings("a", narrow), second.settings("b", _templates())]
    with capture_logs() as logs:
        world = await _sent(await open_world(sms_gateways=listed))
    assert (first.taken(), second.taken()) == ([], ["N-1"])
    (said,) = [one for one in logs if one["event"] == "sms_param_unfit"]
    assert said["reason"] == (
        "template SMS_1: 'amount' (total) has 14 characters, at most 8 are taken"
    )
    assert "8,300" not in str(logs)
    assert (await _shown(world))["state"] == "sent"


@pytest.mark.parametrize(
    ("param", "reason"),
    [
        ({"variable": "total", "max": 8}, "aliyun.param_too_long.amount"),
        ("how_to_pay", "aliyun.param_missing.amount"),
    ],
)
async def test_where_there_is_no_other_gateway_the_notice_fails_and_the_number_stays_good(
    open_world: Open, first: Cloud, param: Any, reason: str
) -> None:
    world = await open_world(sms_gateways=[first.settings("a", _templates(amount=param))])
    await world.terms(contact=ANY_HOUR)
    await world.debtor(phones=["13800138000", "13900139000"])
    version = await world.owes(830000)
    for one in ("N-1", "N-2"):
        await world.request(one, version=version)
        await world.run()
        shown = await _shown(world, one)
        assert (shown["state"], shown["reason"], first.book) == ("failed", reason, [])
        assert shown["to"] == "+8613800138000"


def test_a_variable_that_no_notice_has_is_refused_at_the_start(first: Cloud) -> None:
    listed = [first.settings("a", _templates(amount="totl"))]
    own = NotifierSettings.model_validate({"sms_gateways": listed})
    with pytest.raises(Misconfigured) as refused:
        dispatcher(own, lambda: datetime(2026, 3, 10, tzinfo=UTC))
    said = str(refused.value)
    assert "ARREARS_NOTIFIER_SMS_GATEWAYS: SMS gateway a: params of template SMS_1: " in said
    assert "'amount' wants 'totl', which no notice has; there are: account, " in said


def test_every_variable_that_may_be_set_is_there() -> None:
    place = Place("*", "zh", "reminder", "sms")
    for sample in samples_for("reminder"):
        found = plain(sample_letter(place, "", sample))
        assert found.keys() == VARIABLES


async def test_the_gateway_that_took_a_notice_is_asked_until_it_knows(
    open_world: Open, first: Cloud, second: Cloud
) -> None:
    listed = [one.settings(name, _templates()) for name, one in (("a", first), ("b", second))]
    world = await open_world(sms_gateways=listed)
    first.mood = "busy"
    await _sent(world, "N-1", "N-2")
    assert (first.taken(), second.taken()) == ([], ["N-1", "N-2"])
    assert await _told(world, minutes=2) == []
    assert (first.looked_up, second.looked_up > 0) == (0, True)
    second.report("N-1", 3, "2026-03-10 09:01:00")
    second.report("N-2", 2, "2026-03-10 09:02:00")
    assert sorted(await _told(world, minutes=5)) == [DELIVERED, FAILED]
    told = {one.type: one for one in await world.published("notifier")}
    assert told[DELIVERED].data.at == datetime(2026, 3, 10, 1, 1, tzinfo=UTC)
    assert first.looked_up == 0
    asked = second.looked_up
    await _told(world, hours=2)
    assert second.looked_up == asked


async def test_what_timed_out_is_looked_up_and_then_its_result(
    open_world: Open, first: Cloud
) -> None:
    world = await open_world(sms_gateways=[first.settings("a", _templates())])
    first.mood, first.lags = "silent", True
    await _sent(world)
    assert (await _shown(world))["state"] == "unknown"
    first.lags = False
    first.report("N-1", 3)
    assert await _told(world, minutes=11) == []
    assert await _told(world, minutes=2) == [DELIVERED]
    assert first.taken() == ["N-1"]


async def test_an_erased_debtors_number_is_not_asked_for(open_world: Open, first: Cloud) -> None:
    world = await _sent(await open_world(sms_gateways=[first.settings("a", _templates())]))
    await world.publish(ledger.AccountErasureConfirmed(account_id=ACCOUNT))
    await world.run()
    await _told(world, minutes=2)
    assert first.looked_up == 0
