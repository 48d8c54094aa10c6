"""Hearing what became of text messages from the message centres that took them.

A receipt is kept in a table as soon as it comes: whichever instance has the notice's lane stores
the result, also where the receipt was there before the answer to the message.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from smpp34 import DeliverSmEvent, SmppError

from chassis.errors import NotFound
from chassis.logging import get_logger
from chassis.runtime.service import Service
from chassis.store.pool import acquire
from contracts.words.streams import Subject
from services.notifier import reporting
from services.notifier.adapters import smpp_receipts
from services.notifier.adapters.smpp import SmppGateway
from services.notifier.adapters.smpp_link import Resting
from services.notifier.reporting import Report
from services.notifier.views import parts
from services.notifier.ways import Way

log = get_logger(__name__)

_LOOK_EVERY = timedelta(seconds=5)
_SWEEP_EVERY = timedelta(hours=1)
_BATCH_MAX = 50


@dataclass
class Receipts:
    """A worker; `gateways` by name are the centres, which it keeps bound."""

    gateways: Mapping[str, SmppGateway]
    heard: bool = True
    look_at: datetime | None = None
    sweep_at: datetime | None = None
    _binding: "asyncio.Task[None] | None" = None

    async def __call__(self, service: Service) -> int:
        """One round; answers of how many notices a result was stored."""
        now = service.clock.now()
        self._bind(service)
        if _is_due(self.sweep_at, now, _SWEEP_EVERY):
            self.sweep_at = now + _SWEEP_EVERY
            async with acquire(service.pool) as connection:
                await parts.sweep(connection, now)
        if not self.heard and not _is_due(self.look_at, now, _LOOK_EVERY):
            return 0
        self.heard, self.look_at = False, now + _LOOK_EVERY
        async with acquire(service.pool) as connection:
            told = await parts.told(connection, sorted(service.leases.held), _BATCH_MAX)
        for one in told:
            await _store(service, one)
        self.heard |= len(told) == _BATCH_MAX
        if self.heard:
            service.signals.workers.set()
        return len(told)

    def _bind(self, service: Service) -> None:
        """Have all centres bound, so that they can report; nothing waits for it."""
        for name, gateway in self.gateways.items():
            if gateway.link.heard is None:
                gateway.link.heard = partial(self._hear, service, name, gateway)
        if self._binding is None or self._binding.done():
            self._binding = asyncio.create_task(self._bind_all())

    async def _bind_all(self) -> None:
        for name, gateway in self.gateways.items():
            try:
                await gateway.link.bound()
            except Resting:
                continue
            except (SmppError, OSError) as error:
                log.warning(
                    "smpp_not_bound",
                    channel="sms",
                    gateway=name,
                    error=error,
                    todo="look whether the centre is there, and whether it knows key_id and secret",
                )

    async def _hear(
        self, service: Service, name: str, gateway: SmppGateway, event: DeliverSmEvent
    ) -> None:
        receipt = smpp_receipts.read(event, gateway.receipt_ids)
        if receipt is None:
            return
        now = service.clock.now()
        async with acquire(service.pool) as connection:
            await parts.hear(connection, name, receipt.part, receipt.result, now)
        self.heard = True
        service.signals.workers.set()


def receipts(ways: Sequence[Way]) -> Receipts:
    """What hears from these message centres."""
    return Receipts({one.name: one.gateway for one in ways if isinstance(one.gateway, SmppGateway)})


async def _store(service: Service, one: parts.Told) -> None:
    report = Report("sms", one.notice_id, one.result, one.at)
    try:
        await reporting.store(service, Subject(one.creditor, one.account), report)
    except NotFound as error:  # so many were sent since that the account forgot this one
        log.warning("result_of_nothing", channel="sms", account=one.account, error=error)
    async with acquire(service.pool) as connection:
        await parts.settle(connection, one)


def _is_due(at: datetime | None, now: datetime, every: timedelta) -> bool:
    """Whether an instant has come; also when the clock was set back behind the one it came from."""
    return at is None or now >= at or now < at - every
