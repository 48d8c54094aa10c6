"""Who is on a published list, who is off it again, and what everybody reads of them."""

from datetime import date
from typing import Any

import httpx
import pytest

from contracts import dunning, ledger
from contracts.words.vocabulary import Masking
from services.notifier.domain.masking import masked_name
from tests.notifier.conftest import Open
from tests.notifier.world import World
from tests.support.service_world import ACCOUNT

SCRIPT = '<script>alert("1")</script>有限公司'


async def publish(
    world: World,
    account: str = ACCOUNT,
    amount: int = 830000,
    mask: str | None = None,
    **who: Any,
) -> None:
    await world.debtor(account, **who)
    version = await world.owes(amount, account=account)
    said = {"mask": mask} if mask else {}
    await world.request(
        f"N-{account}",
        account=account,
        **said,
        version=version,
        case_id=f"C-{account}",
        channel="public_list",
        purpose="final_demand",
    )
    await world.run()


@pytest.fixture
async def listing(open_world: Open) -> World:
    world = await open_world(public_lists={"acme": {}})
    await world.terms()
    await publish(world)
    return world


async def asked(world: World, accept: str = "application/json", **params: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app=world.service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        return await client.get(
            "/v1/public/acme/list", params=params, headers={"accept": accept, "cookie": "a=b"}
        )


async def read(world: World) -> list[str]:
    """The accounts that everybody reads of."""
    answer = await asked(world)
    assert answer.status_code == 200
    return [one["account"] for one in answer.json()["items"]]


async def test_without_the_setting_there_is_no_list(world: World) -> None:
    await publish(world)
    assert (await asked(world)).status_code == 404
    async with world.client("manager") as client:
        assert (await client.get("/v1/public/acme/list")).status_code == 404


async def test_another_creditors_list_stays_closed(listing: World) -> None:
    async with listing.client() as client:
        assert (await client.get("/v1/public/other/list")).status_code == 404
        assert (await client.post("/v1/public/acme/list")).status_code == 405


async def test_everybody_reads_a_masked_name_and_the_amount(listing: World) -> None:
    answer = await asked(listing)
    assert answer.json() == {
        "items": [
            {
                "account": ACCOUNT,
                "name": "张*丰",
                "overdue": 830000,
                "currency": "CNY",
                "oldest_due_on": "2026-03-08",
                "listed_on": "2026-03-10",
            }
        ],
        "next": None,
    }
    assert "max-age=30" in answer.headers["cache-control"]
    assert "noindex" in answer.headers["x-robots-tag"]


async def test_the_page_is_text_whatever_a_name_says(listing: World) -> None:
    await publish(listing, "P-2", name=SCRIPT, kind="company")
    page = await asked(listing, accept="text/html")
    assert "<script" not in page.text
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;有限公司" in page.text
    assert "张*丰" in page.text
    assert "张三丰" not in page.text
    assert "8,300.00" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_names_are_masked_as_the_policy_says_on_the_page_and_in_the_file(
    listing: World,
) -> None:
    company: dict[str, Any] = {"name": "青山县河东商贸有限公司", "kind": "company"}
    await publish(listing, "P-2", mask="all", **company)
    await publish(listing, "P-3", mask="none")
    await publish(listing, "P-4", **company)
    page = await asked(listing, accept="text/html")
    shown = ["张*丰", "青山*******公司", "张三丰", "青山县河东商贸有限公司"]
    assert [name for name in shown if f"<td>{name}</td>" in page.text] == shown
    files = sorted(listing.outbox.rglob("public_list/*.txt"))
    texts = {file.stem: file.read_text() for file in files}
    accounts = (ACCOUNT, "P-2", "P-3", "P-4")
    for name, account in zip(shown, accounts, strict=True):
        assert f"欠费方：{name}\n" in texts[f"N-{account}"]
        assert ("张三丰" in texts[f"N-{account}"]) == (account == "P-3")


async def test_a_part_payment_lowers_what_is_read_and_the_rest_takes_the_entry_off(
    listing: World,
) -> None:
    await listing.owes(30000)
    await listing.run()
    assert (await asked(listing)).json()["items"][0]["overdue"] == 30000
    await listing.owes(0)
    await listing.run()
    assert await read(listing) == []
    assert len([*listing.outbox.rglob("public_list/*.txt")]) == 1
    await listing.owes(830000, due=date(2026, 3, 9))
    await listing.run()
    assert await read(listing) == []


async def test_an_erased_debtor_is_gone(listing: World) -> None:
    await listing.publish(ledger.AccountErasureConfirmed(account_id=ACCOUNT))
    await listing.run()
    assert await read(listing) == []
    assert await listing.service.pool.fetch("select * from view_listed") == []


async def test_an_entry_is_away_while_its_case_is_paused_or_the_account_on_hold(
    listing: World,
) -> None:
    about = {"case_id": f"C-{ACCOUNT}", "account_id": ACCOUNT, "reason": "promise"}
    hold = {"account_id": ACCOUNT, "hold_id": "H-1"}
    for message, shown in (
        (dunning.CasePaused(**about), False),
        (dunning.HoldPlaced(**hold), False),
        (dunning.CaseResumed(**about), False),
        (dunning.HoldReleased(**hold), True),
        (dunning.CasePaused(**about | {"case_id": "C-other"}), True),
    ):
        await listing.publish(message)
        await listing.run()
        assert await read(listing) == ([ACCOUNT] if shown else []), message


async def test_an_entry_goes_with_its_case_and_comes_back_with_a_new_notice(
    listing: World,
) -> None:
    closed = {"case_id": f"C-{ACCOUNT}", "account_id": ACCOUNT, "reason": "cleared"}
    await listing.publish(dunning.CaseClosed.model_validate(closed))
    await listing.run()
    assert await read(listing) == []
    version = await listing.owes(910000)
    await listing.request(
        "N-2", version=version, case_id="C-2", channel="public_list", purpose="final_demand"
    )
    await listing.run()
    assert await read(listing) == [ACCOUNT]


async def test_pages_show_each_entry_once_the_first_published_first(listing: World) -> None:
    for number in range(2, 6):
        await publish(listing, f"P-{number}")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        given: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = (await asked(listing, **given)).json()
        seen += [one["account"] for one in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert seen == [f"P-{number}" for number in range(1, 6)]
    page = await asked(listing, accept="text/html", limit=2)
    assert "?cursor=" in page.text


@pytest.mark.parametrize(
    ("name", "names", "company", "read_as"),
    [
        ("张三丰", "persons", False, "张*丰"),
        ("李四", "persons", False, "李*"),
        ("欧阳娜娜", "persons", False, "欧**娜"),
        ("王", "persons", False, "王"),
        ("John Smith", "persons", False, "J*** S***"),
        ("青山县河东商贸有限公司", "persons", True, "青山县河东商贸有限公司"),
        ("青山县河东商贸有限公司", "all", True, "青山*******公司"),
        ("张三丰", "none", False, "张三丰"),
        ("", "all", False, ""),
    ],
)
def test_names_are_masked(name: str, names: Masking, company: bool, read_as: str) -> None:
    assert masked_name(name, names, is_company=company) == read_as
