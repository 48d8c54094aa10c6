"""The read models can be thrown away: what is rebuilt from the events is the same."""

from datetime import date

from chassis.store.views import table_of
from services.dunning.policy.load import SHIPPED
from services.dunning.views import VIEWS
from tests.dunning.app.world import World, local
from tests.support.tables import rows

DEBIT = """\
  - {id: d1, source: x, monthly: 12, scope: accounts, where: mandate, do: [{direct_debit: {}}]}
"""


async def _tables(world: World) -> dict[str, list[bytes]]:
    async with world.service.pool.acquire() as connection:
        return {view.name: await rows(connection, table_of(view)) for view in VIEWS}


async def test_rebuilt_views_are_byte_identical(world: World) -> None:
    text = (SHIPPED / "post-office.yaml").read_text()
    text = text.replace("calendar:\n", f"calendar:\n{DEBIT}")
    await world.set_up(None, policy_document=text)
    await world.knows("张三", mandate="M-1")
    for number in range(3):
        await world.owes(100 + number, date(2026, 3, 1 + number), account=f"P-{number}")
    await world.run_until(local(3, 14))
    await world.post("/v1/accounts/P-1/applications", {"purpose": "hardship"})
    await world.post("/v1/accounts/P-2/disputes", {})
    await world.owes(100, date(2026, 3, 1), account="P-0", left=0)
    before = await _tables(world)
    assert all(before.values()), before
    done = await world.service.rebuild(lambda _done, _total: None)
    assert done.different == ()
    assert await _tables(world) == before
    decision = {"purpose": "hardship", "outcome": "rejected"}
    await world.post("/v1/accounts/P-1/decisions", decision, who="zhao")
    assert (await world.get("/v1/decisions")).json()["items"] == []


async def test_cases_are_listed_by_what_is_owed_page_after_page(world: World) -> None:
    await world.set_up("mobile")
    figures = {"P-1": 500, "P-2": 9_000, "P-3": 400, "P-4": 70_000}
    for account, amount in figures.items():
        await world.owes(amount, date(2026, 3, 8), account=account, item=f"INV-{account}")
    await world.run_until(local(3, 12))
    await world.owes(9_000, date(2026, 3, 8), account="P-2", item="INV-P-2", left=600)
    await world.owes(70_000, date(2026, 3, 8), account="P-4", item="INV-P-4", left=0)
    first = (await world.get("/v1/cases", sort="owed", limit=2)).json()
    rest = (await world.get("/v1/cases", sort="owed", limit=2, cursor=first["next"])).json()
    seen = [(case["account"], case["owed"]) for case in first["items"] + rest["items"]]
    assert seen == [("P-2", 600), ("P-1", 500), ("P-3", 400)]
    assert rest["next"] is None
    every = (await world.get("/v1/cases")).json()["items"]
    assert [(c["account"], c["state"]) for c in every if c["owed"] is None] == [("P-4", "closed")]
