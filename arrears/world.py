"""A simulated world to play something in: store, bus, services, clock and their APIs."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import httpx

from arrears.apis import SECONDS_MAX, Apis
from arrears.simulation import RewindableClock, Simulation
from arrears.stack import Stack, WrapBus, open_stack
from chassis.bus.base import Bus
from chassis.settings import ServiceName, Settings
from services.legal.settings import LegalSettings
from services.notifier.settings import NotifierSettings

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_POOL_SIZE = 4
_UNHURRIED = {
    "token_rate": 0.0,
    "creditor_rate": 0.0,
    "intake_rate": 0.0,
    "request_seconds": 3600.0,
}
"""Months go by in a minute here, and so do their requests."""
_OUTBOX = "outbox"
_DOCUMENTS = "documents"


@dataclass(frozen=True)
class World:
    """Everything a simulation needs; one is used for many, one after the other."""

    settings: Settings
    clock: RewindableClock
    bus: Bus
    stack: Stack
    apis: Apis

    @property
    def outbox(self) -> Path:
        """The folder in which notices end."""
        return self.settings.data_dir / _OUTBOX

    @property
    def documents(self) -> Path:
        """The folder in which legal documents end."""
        return self.settings.data_dir / _DOCUMENTS

    def simulation(self, passed: Callable[[datetime], None] | None = None) -> Simulation:
        """The services in the order in which messages flow through them."""
        services = list(self.stack.services.values())
        return Simulation(self.clock, services, passed or (lambda _now: None))

    async def begin(self, at: datetime) -> None:
        """Empty everything and set the clock."""
        await self.stack.forget_everything()
        self.clock.restart(at)


@contextlib.asynccontextmanager
async def open_world(
    settings: Settings,
    folder: Path,
    wrap: WrapBus = lambda bus: bus,
    own: Mapping[ServiceName, Any] | None = None,
    *,
    letters: Literal["pdf", "text"] = "text",
) -> AsyncIterator[World]:
    """Yield a world whose store and keys are in `folder`; nobody posts its `letters`, so that they
    need not be set. `own` are settings of single services, in place of those that let nothing
    leave.

    `settings` say which bus; a PostgreSQL they name is left alone, since simulations empty tables.
    """
    settings = settings.without_databases().model_copy(
        update={"data_dir": folder, "pool_size": _POOL_SIZE, "jwks_url": None, "jwks_file": None,
                "oidc_issuer": None, "host": "127.0.0.1", "token": None,
                "lease_seconds": 86_400.0, **_UNHURRIED}
    )  # fmt: skip
    clock = RewindableClock(_BEGINNING)
    async with (
        open_stack(
            settings,
            clock=clock,
            durable=False,
            wrap=wrap,
            strict=True,
            own={**_nothing_leaves(folder, letters), **(own or {})},
        ) as stack,
        _apis_of(stack) as apis,
    ):
        yield World(settings, clock, stack.bus, stack, apis)


@contextlib.asynccontextmanager
async def _apis_of(stack: Stack) -> AsyncIterator[Apis]:
    """Yield the APIs of services in this process: the same doors, without a network."""
    async with contextlib.AsyncExitStack() as exits:
        clients: dict[ServiceName, httpx.AsyncClient] = {}
        for name, service in stack.services.items():
            transport = httpx.ASGITransport(app=service.app, raise_app_exceptions=True)
            client = httpx.AsyncClient(
                transport=transport, base_url=f"http://{name}", timeout=SECONDS_MAX
            )
            clients[name] = await exits.enter_async_context(client)
        yield Apis(stack.settings, clients)


def one_lane(settings: Settings) -> Settings:
    """Settings for many events in one process: a simulation goes lane by lane, so one is best."""
    return settings.model_copy(update={"bus": "embedded", "partitions": 1})


def _nothing_leaves(folder: Path, letters: str) -> Mapping[ServiceName, Any]:
    """Settings with every gateway cut off: what is simulated goes to files in the folder."""
    cut = {
        "outbox": folder / _OUTBOX,
        "letters": letters,
        "smtp_host": "",
        "bounce_mailbox": "",
        "sms_url": "",
        "voice_url": "",
    }
    return {
        "notifier": NotifierSettings().model_copy(update=cut),
        "legal": LegalSettings().model_copy(update={"documents": folder / _DOCUMENTS}),
    }
