"""No role reads or changes more than its row of the table in docs/security.md."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from arrears.world import World, one_lane, open_world
from chassis.http import ROLES
from chassis.http.dev_keys import mint_token
from chassis.http.recording import is_recorded
from chassis.settings import SERVICES, ServiceName, Settings
from tests.security.roles_table import COLUMNS, DOCUMENT, Row, in_code, in_document, written

MINE, ANOTHERS = "1", "2"
FORBIDDEN = 403
FITTING = {
    "day": "2026-01-05",
    "channel": "ems",
    "language": "en",
    "name": "demand",
    "group": "sms",
}
"""What of a path must fit its schema; all else is the creditor's id."""
OF_UPSTREAM = {
    ("ledger", "/v1/events"),
    ("ledger", "/v1/events/batch"),
    ("dunning", "/v1/accounts/{account}/observations"),
    ("dunning", "/v1/accounts/{account}/contacts"),
}

OPEN = ("/livez", "/healthz", "/readyz")
OF_SOMEBODY = {
    *("account", "accounts", "account_id", "case_id", "debtor", "phone", "mobile", "email"),
    *("address", "to", "number", "mandate", "note"),
}

OF_THE_TOKENS_OWN = ("GET", "/v1/dead-letters")
"""A list that names no creditor: it has those of the token's (`tests/isolation`)."""


class Callers:
    """Callers with tokens of some roles, at the four services on one stack."""

    def __init__(self, world: World, clients: Mapping[ServiceName, httpx.AsyncClient]) -> None:
        self._folder = world.stack.settings.data_dir
        self._clients = clients
        self.world = world

    async def status(self, row: Row, *roles: str, creditor: str = MINE) -> int:
        """What somebody with these roles for a creditor is answered who asks for the first's."""
        token = mint_token(self._folder, roles, [creditor], f"{'-'.join(roles)}@{creditor}")
        path = re.sub(r"\{(\w+)\}", lambda found: FITTING.get(found[1], MINE), row.path)
        answer = await self._clients[row.service].request(
            row.method,
            path,
            params={"creditor": MINE},
            headers={"Authorization": f"Bearer {token}"},
        )
        return answer.status_code


@pytest.fixture
async def callers(tmp_path: Path) -> AsyncIterator[Callers]:
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(open_world(one_lane(Settings()), tmp_path))
        clients: dict[ServiceName, httpx.AsyncClient] = {}
        for name in SERVICES:
            app = world.stack.services[name].app
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://x")
            clients[name] = await stack.enter_async_context(client)
        yield Callers(world, clients)


async def test_no_role_gets_a_route_that_its_row_does_not_have(callers: Callers) -> None:
    """Each cell of the table is asked for over HTTP, by a token with that role alone."""
    rows = in_document()
    assert len(rows) > 100
    wrong = []
    for row in rows:
        for role in COLUMNS:
            status = await callers.status(row, role)
            if (status != FORBIDDEN) != (role in row.roles):
                wrong.append((*row[:3], role, status))
    assert wrong == []


async def test_a_token_without_a_role_reads_and_changes_nothing(callers: Callers) -> None:
    let_in = [row[:3] for row in in_code(callers.world) if await callers.status(row) != FORBIDDEN]
    assert let_in == []


async def test_all_roles_for_one_creditor_open_nothing_of_another(callers: Callers) -> None:
    """Refused, or not found; 422 where a body that is not there is looked at first."""
    let_in = []
    for row in in_code(callers.world):
        if row[1:3] == OF_THE_TOKENS_OWN:
            continue
        status = await callers.status(row, *sorted(ROLES), creditor=ANOTHERS)
        refused = {FORBIDDEN, 404} if row.method == "GET" else {FORBIDDEN, 404, 422}
        if status not in refused:
            let_in.append((*row[:3], status))
    assert let_in == []


async def test_no_route_is_open_to_a_role_that_nobody_wrote_down(callers: Callers) -> None:
    rows = in_code(callers.world)
    assert [row[:3] for row in rows if not row.roles] == []
    assert in_document() == rows, "python -m tests.security.roles_table"
    assert written(rows) == DOCUMENT.read_text("utf-8")


async def test_no_answer_of_a_debtor_goes_to_somebody_unrecorded(callers: Callers) -> None:
    """A route that is declared to answer of nobody has no field of somebody."""
    wrong = []
    for name, service in callers.world.stack.services.items():
        document = service.app.openapi()
        for route in service.app.state.documented:
            if not is_recorded(route) and not route.path.startswith(OPEN):
                (method,) = route.methods
                told = document["paths"][route.path][method.lower()]["responses"]
                found = OF_SOMEBODY & fields(document, told)
                wrong += [(name, route.path, one) for one in found]
    assert wrong == []


def fields(document: dict[str, Any], node: Any) -> set[str]:
    """Names of the properties of a schema, and of those it refers to."""
    if isinstance(node, list):
        return {name for each in node for name in fields(document, each)}
    if not isinstance(node, dict):
        return set()
    if "$ref" in node:
        return fields(document, document["components"]["schemas"][node["$ref"].split("/")[-1]])
    found = set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
    return found | {name for each in node.values() for name in fields(document, each)}


def test_upstream_reads_nothing_of_debtors() -> None:
    mine = {(row.service, row.path) for row in in_document() if "upstream" in row.roles}
    assert mine == OF_UPSTREAM
