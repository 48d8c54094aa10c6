"""A complaint as it is filed: its facts and its list of evidence are those of the bundle beside it,
its late fee the ledger's, day by day.
"""

import io
import json
import re
import zipfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from arrears.billing import cloud_event
from arrears.evidence.verifying import verify
from arrears.live import listening, serving
from arrears.upstream import send
from arrears.world import World, one_lane, open_world
from chassis.http.dev_keys import mint_token
from chassis.settings import SERVICES, Settings
from services.legal.api.evidence import HEAD
from tests.support.debian import require
from tests.support.papers import fonts_of, words_of
from tests.support.ports import on_free_ports

ZONE = ZoneInfo("Asia/Shanghai")
BEGINS = datetime(2026, 1, 5, 10, tzinfo=ZONE)
ACCOUNT = "A-1"


async def sued(world: World) -> str:
    """A debtor who paid a part, disputed in vain, broke a promise and is sued; answers the id of
    the complaint.
    """
    await world.begin(BEGINS)
    body = {
        "name": "Acme", "time_zone": "Asia/Shanghai", "currency": "CNY",
        "policy": "property-service",
    }  # fmt: skip
    await world.apis.call("dunning", "PUT", "/v1/creditors/acme", json=body)
    simulation = world.simulation()
    await simulation.settle()
    debtor = {"name": "李四", "kind": "natural_person", "phones": ["+8613800100001"]}
    debtor |= {"addresses": ["锦江区书院街5号"], "id_number": "510104199001011234"}
    invoice = {"invoice_id": "I-1", "item": "property_fee", "amount": 360000, "currency": "CNY"}
    days = {"issued_on": "2026-01-05", "due_on": "2026-01-31"}
    await tells(world, "account.upserted.v1", debtor=debtor)
    await tells(world, "invoice.issued.v1", **invoice, **days)
    await simulation.settle()
    await simulation.run_until(datetime(2026, 3, 10, 12, tzinfo=ZONE))
    paid = {"payment_id": "P-1", "amount": 60000, "currency": "CNY", "method": "transfer"}
    await tells(world, "payment.received.v1", **paid, received_at=world.clock.now().isoformat())
    promise = {"amount": 300000, "until": "2026-03-20", "note": "李四的妹妹王五会付"}
    await world.apis.post("dunning", "/v1/accounts/A-1/promises", promise, creditor="acme")
    await simulation.settle()
    await simulation.run_until(BEGINS + timedelta(days=230))
    found = await world.apis.get("legal", "/v1/documents", creditor="acme", document="complaint")
    assert [one["state"] for one in found["items"]] == ["issued"], found
    document_id: str = found["items"][0]["document_id"]
    return document_id


async def tells(world: World, kind: str, **data: Any) -> None:
    event = cloud_event(
        kind, creditor="acme", account=ACCOUNT, id=kind, at=world.clock.now(),
        data={"account_id": ACCOUNT, **data}, source="tests",
    )  # fmt: skip
    assert await send(world.apis, [event]) == []


async def test_a_complaint_is_filed_with_the_evidence_it_numbers(tmp_path: Path) -> None:
    require("fonts-noto-cjk", "poppler-utils")
    settings = on_free_ports(one_lane(Settings()))
    async with open_world(settings, tmp_path) as world:
        document_id = await sued(world)
        place = f"http://127.0.0.1:{settings.legal_port}/v1/documents/{document_id}"
        token = mint_token(tmp_path, ["legal"], ["acme"], "legal")
        headers = {"Authorization": f"Bearer {token}"}
        with listening(settings, SERVICES) as sockets:
            async with serving(world.stack, sockets), httpx.AsyncClient(headers=headers) as client:
                answer = await client.get(f"{place}/filing")
                shown = (await client.get(place)).json()
        fees = await world.apis.get(
            "ledger", "/v1/accounts/A-1/late-fees", creditor="acme", as_of=shown["issued_on"]
        )
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        name, evidence = archive.namelist()
        paper, held = archive.read(name), archive.read(evidence)
    head = answer.headers[HEAD]
    verify(held, head)
    with zipfile.ZipFile(io.BytesIO(held)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    words = re.sub(r"第\d+页，共\d+页|民事起诉状", "", words_of(paper)).replace(document_id, "")
    listed = words.rpartition("证据编号即")[2]
    assert head in listed
    rest = listed.partition(head)[2].replace("编号证据名称日期SHA-256", "")
    for number, entry in enumerate(manifest["entries"], start=1):
        row, found, rest = rest.partition(entry["sha256"])
        assert found, entry["name"]
        assert re.match(rf"{number}\D", row), (number, row)
    numbers = {entry["name"]: n for n, entry in enumerate(manifest["entries"], start=1)}
    (broken,) = [n for entry, n in numbers.items() if entry.endswith("promise_broken.json")]
    assert f"债务人未履行付款承诺，仅支付人民币600.00元（证据{broken}）" in words
    paid = [n for entry, n in numbers.items() if entry.endswith("payment_recorded.json")]
    assert f"2026年3月10日，收到付款人民币600.00元（证据{paid[0]}）" in words
    assert "王五" not in words
    (item,) = fees["items"]
    assert len(item["segments"]) == 2
    assert sum(Decimal(one["amount"]) for one in item["segments"]) == Decimal(item["accrued"])
    assert item["late_fee"] == shown["late_fee"]
    assert f"以上各项应付滞纳金合计人民币{Decimal(shown['late_fee']) / 100:,.2f}元" in words
    assert "本文书按出具时" not in words
    for one in item["segments"]:
        first, last = (datetime.fromisoformat(one[key]) for key in ("first", "last"))
        span = "".join(f"{day.year}年{day.month}月{day.day}日" for day in (first, last))
        assert f"{span}{one['days']}{Decimal(one['principal']) / 100:,.2f}" in words
    assert all(embedded == "yes" for _, embedded in fonts_of(paper))
