"""A notice is shown to somebody before it is sent: that is a reading like others."""

from tests.notifier.world import World
from tests.support.service_world import ACCOUNT


async def test_a_preview_of_somebodys_notice_is_recorded_and_not_kept(world: World) -> None:
    await world.debtor()
    await world.owes(830000)
    await world.run()
    trial = {"language": "zh", "name": "reminder", "group": "sms", "account_id": ACCOUNT}
    async with world.client("collector", who="carl") as client:
        for _ in range(2):
            answer = await client.post(
                "/v1/templates/preview", json=trial, headers={"Idempotency-Key": "k"}
            )
            assert answer.status_code == 200, answer.text
            assert "张三丰" in answer.text
            assert "idempotency-replayed" not in answer.headers
    async with world.client("auditor", who="audrey") as auditor:
        items = (await auditor.get("/v1/access-records")).json()["items"]
    assert [(one["subject"], one["accounts"]) for one in items] == [("carl", [ACCOUNT])] * 2
    async with world.client("finance", who="fred") as client:
        assert (await client.post("/v1/templates/preview", json=trial)).status_code == 403
