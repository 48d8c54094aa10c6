"""The four services on one clock that stands still, each behind a real HTTP server."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx

from arrears import live
from arrears.prefixed_bus import PrefixedBus
from arrears.simulation import RewindableClock, Simulation
from arrears.stack import Stack, open_stack
from chassis.http.dev_keys import ensure, mint_token
from chassis.servers.kafka import LocalKafka
from chassis.settings import SERVICES, Settings
from services.legal.settings import LegalSettings
from services.notifier.settings import NotifierSettings
from tests.support.processes import free_ports

START = datetime(2026, 3, 1, 2, tzinfo=UTC)  # 10:00 in the creditors' zone
ZONE = "Asia/Shanghai"
LANES = 4
_SECONDS_MAX = 120.0
_NO_LIMITS = ("token_rate", "creditor_rate", "intake_rate")
"""What is asked in a second is no matter here."""


@dataclass
class World:
    """The services, their doors, and everything the run asks of them."""

    stack: Stack
    clock: RewindableClock
    clients: Mapping[str, httpx.AsyncClient]
    folder: Path
    tokens: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def simulation(self) -> Simulation:
        return Simulation(self.clock, list(self.stack.services.values()))

    async def pass_days(self, days: int) -> None:
        """Let whole days pass; what is due is done at its instant."""
        await self.simulation().run_until(self.clock.now() + timedelta(days=days))

    @property
    def today(self) -> date:
        return (self.clock.now() + timedelta(hours=8)).date()

    def token(self, creditor: str, *roles: str) -> dict[str, str]:
        """A header with a token of a creditor."""
        key = (creditor, *roles)
        if key not in self.tokens:
            self.tokens[key] = mint_token(self.folder, roles or ("admin",), (creditor,), creditor)
        return {"Authorization": f"Bearer {self.tokens[key]}"}

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        creditor: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        """A request of somebody who means well; raises for a refusal."""
        answer = await self.clients[service].request(
            method, path, json=body, params=query, headers=self.token(creditor)
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def all_of(self, service: str, path: str, creditor: str, **query: Any) -> list[Any]:
        """Every item of a listing."""
        found: list[Any] = []
        asked: dict[str, Any] = {"creditor": creditor, "limit": 200} | query
        while True:
            page = await self.call(service, "GET", path, creditor, query=asked)
            found += page["items"]
            if not page.get("next"):
                return found
            asked["cursor"] = page["next"]


@contextlib.asynccontextmanager
async def open_world(folder: Path, bus: str, broker: str | None = None) -> AsyncIterator[World]:
    """Yield the services on an empty store and an empty bus (`embedded`, or `kafka`).

    A Kafka of its own is started unless `broker` names one.
    """
    async with contextlib.AsyncExitStack() as exits:
        settings = _settings(folder, bus)
        if bus == "kafka":
            bootstrap = broker or await exits.enter_async_context(LocalKafka(folder / "kafka"))
            settings = settings.model_copy(update={"kafka_bootstrap": bootstrap})
        clock = RewindableClock(START)
        ensure(folder)
        sockets = exits.enter_context(live.listening(settings, SERVICES))
        stack = await exits.enter_async_context(
            open_stack(
                settings,
                clock=clock,
                durable=False,
                own=_nothing_leaves(folder),
                wrap=lambda bus: PrefixedBus(bus, f"hostile-{token_hex(4)}.") if broker else bus,
            )
        )
        await exits.enter_async_context(live.serving(stack, sockets))
        clients: dict[str, httpx.AsyncClient] = {
            name: await exits.enter_async_context(_client(settings.port(name))) for name in SERVICES
        }
        yield World(stack, clock, clients, folder)


def _client(port: int) -> httpx.AsyncClient:
    # Connections are given up before the server does: else it may close one just then.
    limits = httpx.Limits(keepalive_expiry=2.0)
    url = f"http://127.0.0.1:{port}"
    return httpx.AsyncClient(base_url=url, timeout=_SECONDS_MAX, limits=limits)


def _settings(folder: Path, bus: str) -> Settings:
    ports = {f"{name}_port": port for name, port in zip(SERVICES, free_ports(4), strict=True)}
    free = {name: 1e6 for name in _NO_LIMITS if name in Settings.model_fields}
    update = {"data_dir": folder, "bus": bus, "partitions": LANES, "lease_seconds": 86_400.0}
    return Settings().without_databases().model_copy(update=update | ports | free)


def _nothing_leaves(folder: Path) -> Mapping[Any, Any]:
    cut = {"outbox": folder / "outbox", "smtp_host": "", "sms_url": ""}
    legal = {"documents": folder / "documents"}
    return {
        "notifier": NotifierSettings().model_copy(update=cut),
        "legal": LegalSettings().model_copy(update=legal),
    }
