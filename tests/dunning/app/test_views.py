"""The read models can be thrown away: what is rebuilt from the events is the same."""

from datetime import date

from chassis.views import rows, table_of
from services.dunning.policy.load import SHIPPED
from services.dunning.views import VIEWS
from tests.dunning.app.conftest import Desk, local

DEBIT = """\
  - {id: d1, source: x, monthly: 12, scope: accounts, where: mandate, do: [{direct_debit: {}}]}
"""


async def _tables(desk: Desk) -> dict[str, list[bytes]]:
    async with desk.service.pool.acquire() as connection:
        return {view.name: await rows(connection, table_of(view)) for view in VIEWS}


async def test_rebuilt_views_are_byte_identical(desk: Desk) -> None:
    text = (SHIPPED / "post-office.yaml").read_text()
    text = text.replace("calendar:\n", f"calendar:\n{DEBIT}")
    await desk.set_up(None, policy_document=text)
    await desk.knows("张三", mandate="M-1")
    for number in range(3):
        await desk.owes(100 + number, date(2026, 3, 1 + number), account=f"P-{number}")
    await desk.run_until(local(3, 14))
    await desk.post("/v1/accounts/P-1/applications", {"purpose": "hardship"})
    await desk.post("/v1/accounts/P-2/disputes", {})
    await desk.owes(100, date(2026, 3, 1), account="P-0", left=0)
    before = await _tables(desk)
    assert all(before.values()), before
    done = await desk.service.rebuild(lambda _done, _total: None)
    assert done.different == ()
    assert await _tables(desk) == before
    decision = {"purpose": "hardship", "outcome": "rejected"}
    await desk.post("/v1/accounts/P-1/decisions", decision, who="zhao")
    assert (await desk.get("/v1/decisions")).json()["items"] == []
