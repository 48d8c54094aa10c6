"""The four services with something of everything in them, answering whoever asks from outside.

They live on a loop in a thread of their own, so that a test need not be asynchronous.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from arrears.billing import Event, cloud_event
from arrears.live import listening, serving
from arrears.scenario.model import read_scenario
from arrears.scenario.play import play
from arrears.upstream import send
from arrears.world import World, one_lane, open_world
from chassis.bus.base import Outgoing
from chassis.http.dev_keys import mint_token
from chassis.settings import SERVICES, ServiceName, Settings

LENDER, LANDLORD = "scenario", "landlord"
"""One with a debtor in court, one who asks banks and takes cash."""
READER = "reader"
COURT = Path(__file__).with_name("court.yaml")
_END = datetime(2026, 8, 12, 12, tzinfo=UTC)
_DEBTOR = {"name": "沈建国", "kind": "natural_person", "phones": ["+8613800138017"]}
_SIGNED = [{"name": "Chen", "role": "administration"}]

T = TypeVar("T")


class LivedIn:
    """The services, asked by a thread that is not theirs."""

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop) -> None:
        self.world = world
        self._loop = loop
        self._tokens: dict[tuple[str, ...], str] = {}
        self._clients = {
            name: httpx.AsyncClient(
                transport=httpx.ASGITransport(service.app, raise_app_exceptions=False),
                base_url="http://x",
            )
            for name, service in world.stack.services.items()
        }
        self.known: Mapping[str, Sequence[str]] = self.await_(known(world))

    def await_(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of what runs on the services' own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def document(self, name: ServiceName) -> dict[str, Any]:
        """The OpenAPI document of a service."""
        made: dict[str, Any] = self.world.stack.services[name].app.openapi()
        return made

    def send(self, name: ServiceName, request: httpx.Request) -> httpx.Response:
        """What a service answers."""
        return self.await_(self._clients[name].send(request))

    def get(self, name: ServiceName, path: str, **params: str) -> httpx.Response:
        """What a service answers to a reader who may see everything."""
        token = mint_token(self.world.settings.data_dir, ["admin"], ["*"], READER)
        headers = {"Authorization": f"Bearer {token}"}
        return self.send(
            name, httpx.Request("GET", f"http://x{path}", params=params, headers=headers)
        )

    def token(self, creditor: str, *roles: str) -> str:
        """A token of some roles for one creditor, or `*`."""
        if (creditor, *roles) not in self._tokens:
            folder = self.world.settings.data_dir
            self._tokens[creditor, *roles] = mint_token(folder, roles, [creditor], "asker")
        return self._tokens[creditor, *roles]


@contextmanager
def lived_in(folder: Path) -> Iterator[LivedIn]:
    """The services after some months of work."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="services")
    thread.start()
    exits = AsyncExitStack()

    def on_loop(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    try:
        yield LivedIn(on_loop(exits.enter_async_context(_served(folder))), loop)
    finally:
        on_loop(exits.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@asynccontextmanager
async def _served(folder: Path) -> AsyncIterator[World]:
    """A world whose services can also be reached by one another."""
    any_port = {f"{name}_port": 0 for name in SERVICES}
    asked = one_lane(Settings()).model_copy(update=any_port)
    with listening(asked, SERVICES) as sockets:
        ports = {f"{name}_port": one.getsockname()[1] for name, one in sockets.items()}
        async with (
            open_world(asked.model_copy(update=ports), folder) as world,
            serving(world.stack, sockets),
        ):
            await _fill(world)
            yield world


async def _fill(world: World) -> None:
    outcome = await play(world, read_scenario(COURT))
    assert outcome.failures == [], outcome.failures
    await _file(world)
    await _landlord(world)
    await world.bus.publish([Outgoing("billing", 0, b"landlord/F-1", b"no event")])
    await world.simulation().settle()
    await world.simulation().run_until(_END)


async def _file(world: World) -> None:
    """What a court case gathers."""
    account = "/v1/accounts/ZQ-0415"

    async def post(path: str, body: Any) -> None:
        await world.apis.post("legal", f"{account}/{path}", body, creditor=LENDER)

    cost = {"number": "R-17", "item": "court_fee", "amount": 5000, "note": "receipt of the court"}
    await post("matter/costs", cost)
    goods = {"number": "G-1", "place": "Shop 12", "entries": [{"description": "freezer"}]}
    await post("inventories", goods | {"signed_by": _SIGNED})
    moved = {"what": "stored", "place": "Cellar", "keeper": "Mr Hu", "signed_by": _SIGNED}
    await post("inventories/G-1/movements", moved)
    await world.apis.call("notifier", "PUT", f"{account}/opt-outs/sms", params={"creditor": LENDER})


async def _landlord(world: World) -> None:
    """Bills that a bank is asked for, one that was paid in cash, a policy that waits."""
    body = {
        "name": "翠湖花园",
        "time_zone": "Asia/Shanghai",
        "currency": "CNY",
        "policy": "property-fees",
    }
    await world.apis.call("dunning", "PUT", f"/v1/creditors/{LANDLORD}", json=body)
    await world.simulation().settle()
    now = world.clock.now()
    events: list[Event] = []

    def tell(kind: str, account: str, **data: Any) -> None:
        number = f"L-{len(events)}"
        given = {"account_id": account, **data}
        events.append(
            cloud_event(kind, creditor=LANDLORD, account=account, id=number, at=now, data=given,
                        source="tests")
        )  # fmt: skip

    for number in (1, 2):
        account = f"F-{number}"
        tell("account.upserted.v1", account, debtor=_DEBTOR, mandate=f"M-{number}",
             number=f"房{number}")  # fmt: skip
        tell("invoice.issued.v1", account, invoice_id=f"W-{number}", item="management_fee",
             amount=48600, currency="CNY", issued_on=now.date(), due_on=now.date())  # fmt: skip
    tell("payment.received.v1", "F-2", payment_id="P-2", amount=20000, currency="CNY",
         received_at=now, method="cash", collected_by="王强", invoices=["W-2"])  # fmt: skip
    assert await send(world.apis, events) == []
    await world.simulation().settle()
    proposed = {"policy": "property-fees", "parameters": {"bill_day": 8}}
    path = f"/v1/creditors/{LANDLORD}/policy-versions"
    await world.apis.post("dunning", path, proposed)


async def known(world: World) -> dict[str, list[str]]:
    """What can be named in a path, by the parameter's name."""
    found: dict[str, list[str]] = {
        "creditor": [LENDER, LANDLORD],
        "account": ["ZQ-0415", "F-1"],
        "account_id": ["ZQ-0415", "F-2"],
        "number": ["G-1"],
        "channel": ["sms", "letter"],
        "kind": ["phone_call", "check_cash"],
        "name": ["ageing", "王强"],
        "day": ["2026-08-10"],
    }

    async def listed(name: str, service: ServiceName, path: str, field: str, **params: Any) -> None:
        items = (await world.apis.get(service, path, **params))["items"]
        found.setdefault(name, []).extend(str(one[field]) for one in items[:3])

    await listed("case_id", "dunning", "/v1/cases", "case_id")
    await listed("task_id", "dunning", "/v1/tasks", "task_id")
    await listed("notice_id", "notifier", "/v1/notices", "notice_id")
    await listed("document_id", "legal", "/v1/documents", "document_id")
    await listed("receipt", "ledger", f"/v1/creditors/{LANDLORD}/receipts", "receipt")
    versions = await world.apis.get("dunning", f"/v1/creditors/{LANDLORD}/policy-versions")
    found["proposal_id"] = [one["proposal_id"] for one in versions["waiting"]]
    for service in SERVICES:
        await listed("letter_id", service, "/v1/dead-letters", "id")
    return found
