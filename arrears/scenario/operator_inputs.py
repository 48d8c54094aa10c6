"""Inputs that people record through the HTTP APIs of the services."""

from collections.abc import Awaitable, Callable
from typing import Any

from arrears.apis import Apis
from arrears.scenario.inputs import (
    Apply,
    Decide,
    Delivery,
    Dispute,
    Hold,
    LegalProgress,
    Part,
    Plan,
    Promise,
    Reply,
    Resolve,
    TaskDone,
    When,
)

SECOND_PERSON = "second person"


async def approve(apis: Apis, answer: dict[str, Any]) -> None:
    """Be the second person, where what was asked waits for one."""
    if waits := answer.get("proposal"):
        path = f"/v1/proposals/{waits['proposal_id']}/decision"
        await apis.of(SECOND_PERSON).post("dunning", path, {"outcome": "approved"})


class Operators:
    """The people who work a scenario's cases: each input is the call they would make.

    Each has a token of an administrator, in the name the file gives: who decides is another than
    who asked, for the services too.
    """

    def __init__(self, apis: Apis, creditor: str) -> None:
        self._apis = apis
        self._creditor = creditor
        self._doors: dict[str, Callable[[Any], Awaitable[None]]] = {
            "delivery": self._delivery,
            "task": self._task,
            "reply": self._reply,
            "promise": self._promise,
            "plan": self._plan,
            "dispute": self._dispute,
            "resolve": self._resolve,
            "apply": self._apply,
            "decide": self._decide,
            "hold": self._hold,
            "release": self._release,
            "legal": self._legal,
        }

    async def record(self, entry: When) -> None:
        """Make the call of an input; raises UsageError when the service refuses it."""
        await self._doors[entry.kind](entry.what)

    async def _dunning(self, account: str, door: str, given: Part, **changed: Any) -> None:
        body = given.model_dump(by_alias=True, exclude_none=True, mode="json") | changed
        body.pop("account")
        answer = await self._apis.of(body.get("by")).post(
            "dunning", f"/v1/accounts/{account}/{door}", body, creditor=self._creditor
        )
        await approve(self._apis, answer)

    async def _reply(self, reply: Reply) -> None:
        await self._dunning(reply.account, "replies", reply)

    async def _promise(self, promise: Promise) -> None:
        body = {"amount": promise.amount, "until": promise.by.isoformat()}
        path = f"/v1/accounts/{promise.account}/promises"
        await self._apis.post("dunning", path, body, creditor=self._creditor)

    async def _plan(self, plan: Plan) -> None:
        await self._dunning(plan.account, "plans", plan)

    async def _dispute(self, dispute: Dispute) -> None:
        await self._dunning(dispute.account, "disputes", dispute)

    async def _resolve(self, resolve: Resolve) -> None:
        await self._dunning(resolve.account, "disputes/resolution", resolve)

    async def _apply(self, apply: Apply) -> None:
        """Where the file names nobody the debtor asks, so that whoever decides is somebody else."""
        asks = {} if apply.by else {"by": "debtor"}
        await self._dunning(apply.account, "applications", apply, **asks)

    async def _hold(self, hold: Hold) -> None:
        await self._dunning(hold.account, "hold", hold)

    async def _release(self, release: Hold) -> None:
        path = f"/v1/accounts/{release.account}/hold/release"
        await self._apis.post("dunning", path, {}, creditor=self._creditor)

    async def _decide(self, decide: Decide) -> None:
        if decide.account is not None:
            await self._dunning(decide.account, "decisions", decide)
            return
        body = decide.model_dump(by_alias=True, exclude_none=True, mode="json")
        await self._apis.post("dunning", f"/v1/creditors/{self._creditor}/decisions", body)

    async def _task(self, task: TaskDone) -> None:
        """Complete the oldest open task of the kind."""
        whose = f"creditors/{self._creditor}"
        if task.account is not None:
            whose = f"accounts/{task.account}"
        body = task.model_dump(exclude_none=True, exclude={"account", "kind"}, mode="json")
        path = f"/v1/{whose}/tasks/{task.kind}/completion"
        await self._apis.post("dunning", path, body, creditor=self._creditor)

    async def _delivery(self, delivery: Delivery) -> None:
        body = {"channel": delivery.channel, "result": delivery.result}
        path = f"/v1/accounts/{delivery.account}/deliveries"
        await self._apis.post("notifier", path, body, creditor=self._creditor)

    async def _legal(self, legal: LegalProgress) -> None:
        body = legal.model_dump(exclude_none=True, exclude={"account"}, mode="json")
        path = f"/v1/accounts/{legal.account}/matter/progress"
        await self._apis.post("legal", path, body, creditor=self._creditor)
