"""What follows from a message that somebody corrected says whose token it was."""

from pathlib import Path

from chassis.recorders import Recorder
from contracts import billing
from services.ledger.main import build
from tests.ledger.conftest import START, World
from tests.support.service_world import CREDITOR

WHY = {"reason": "the cashier mistyped"}


async def test_an_operator_cannot_hide_behind_a_message(database: str, tmp_path: Path) -> None:
    async with World.open(build, database, START, tmp_path) as world:
        await world.terms()
        await world.pay("p-1", 5)
        paid = billing.PaymentReceived(
            payment_id="p-2",
            account_id="1",
            amount=1,
            currency="EUR",
            received_at=world.clock.now(),
            method="transfer",
        )
        await world.tell(paid, "1")
        async with world.client("sre", who="ed") as client:
            (letter,) = (await client.get("/v1/dead-letters")).json()["items"]
            path = f"/v1/dead-letters/{letter['id']}"
            text = (await client.get(path)).json()["text"]
            corrected = text.replace('"EUR"', '"CNY"').replace('"amount":1', '"amount":90000')
            done = await client.post(f"{path}/edit", json=WHY | {"text": corrected})
            assert done.json()["resolved"], done.text
        async with world.client("auditor") as client:
            shown = (await client.get("/v1/access-records?account=1")).json()["items"]
            assert "POST /v1/dead-letters/{letter_id}/edit" in [one["route"] for one in shown]
        await world.settle()
        stored = await world.service.events(f"account-{CREDITOR}/1")
        paid_in = [one for one in stored if type(one.event).__name__ == "PaymentReceived"]
        assert [one.recorder for one in paid_in] == [None, Recorder(world.settings.issuer, "ed")]
