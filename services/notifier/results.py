"""Asking gateways what became of the notices they took.

Each notice is asked about after a minute, five minutes, and so on for three days, until its result
is known. A step goes along the notices in the order they were sent, and remembers its place: one
row for each lane, channel and step, however much was sent before.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product

from chassis.errors import NotFound
from chassis.logging import get_logger
from chassis.runtime.service import Service
from chassis.store.pool import acquire
from chassis.store.vault import KeyRing
from contracts.words.streams import Subject
from services.notifier import heard, reporting
from services.notifier.adapters.gateway import Asked, AskedByAddress, Handed, Told
from services.notifier.due import is_due
from services.notifier.measured import timing
from services.notifier.reporting import Report
from services.notifier.views import results
from services.notifier.views.results import Place, Step
from services.notifier.ways import Way

log = get_logger(__name__)

ASK_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=3),
)
_GIVEN_UP_AFTER = timedelta(days=4)
_LOOK_EVERY = timedelta(seconds=30)
_SWEEP_EVERY = timedelta(hours=1)
_AT_ONCE = 8

Batches = Mapping[Step, Sequence[tuple[Handed, Place]]]


@dataclass
class Asking:
    """A worker; `gateways` by channel and name are those that can be asked, `hears` whether
    providers call by themselves too, `calls_max` how often a debtor is called for a notice at most.
    """

    gateways: Mapping[str, Mapping[str, Asked]]
    hears: bool
    calls_max: int
    look_at: datetime | None = None
    sweep_at: datetime | None = None

    async def __call__(self, service: Service) -> int:
        """One round; answers how many notices were asked about."""
        now = service.clock.now()
        if self.hears and is_due(self.sweep_at, now, _SWEEP_EVERY):
            self.sweep_at = now + _SWEEP_EVERY
            await heard.sweep(service)
        if not self.gateways or not is_due(self.look_at, now, _LOOK_EVERY):
            return 0
        self.look_at = now + _LOOK_EVERY
        lanes = sorted(service.leases.held)
        if not lanes:
            return 0
        async with acquire(service.pool) as connection:
            known = await results.places(connection, lanes, sorted(self.gateways))
            windows = {
                step: _window(known.get(step), step[2], now)
                for step in product(lanes, self.gateways, range(len(ASK_AFTER)))
            }
            found = await results.sent(connection, windows, _AT_ONCE)
        return await self._ask_all(service, found)

    async def _ask_all(self, service: Service, found: Batches) -> int:
        """Ask what was found; a gateway that says nothing at all is left alone until later."""
        asked, silent = 0, set[str]()
        for step, batch in found.items():
            if step[1] in silent:
                continue
            if not await self._ask(service, [handed for handed, _ in batch]):
                silent.add(step[1])
                continue
            asked += len(batch)
            async with acquire(service.pool) as connection:
                await results.keep(connection, step, batch[-1][1])
        if not silent and any(len(batch) == _AT_ONCE for batch in found.values()):
            self.look_at = None
            service.signals.workers.set()  # for what is left; what is to be sent has its turn first
        return asked

    async def _ask(self, service: Service, batch: Sequence[Handed]) -> bool:
        """Whether the gateways said anything of a batch, as far as they can be asked."""
        batch = [one for one in batch if self._taker(one) is not None]
        batch = await self._addressed(service, batch)
        answers = await asyncio.gather(*(self._one(service, one) for one in batch))
        for handed, answer in zip(batch, answers, strict=True):
            if answer.result is not None:
                report = Report(
                    channel=handed.channel,
                    notice_id=handed.notice_id,
                    result=answer.result,
                    at=answer.at,
                    reference=handed.reference,
                )
                await self._store(service, handed, report)
        return not batch or any(answer.answered for answer in answers)

    def _taker(self, handed: Handed) -> Asked | None:
        """The gateway that took a notice, where it is still set and can be asked."""
        return self.gateways[handed.channel].get(handed.gateway)

    async def _addressed(self, service: Service, batch: Sequence[Handed]) -> Sequence[Handed]:
        """The same with the addresses that gateways want to know a notice by."""
        wanted = [isinstance(self._taker(one), AskedByAddress) for one in batch]
        if not any(wanted):
            return batch
        keys = await service.keys({Subject(one.creditor, one.account) for one in batch})
        return [
            replace(one, to=_address(keys, one)) if is_wanted else one
            for one, is_wanted in zip(batch, wanted, strict=True)
        ]

    async def _one(self, service: Service, handed: Handed) -> Told:
        try:
            with timing(service, handed.channel, "result"):
                return await self.gateways[handed.channel][handed.gateway].result(handed)
        except Exception as error:
            log.exception(
                "gateway_raised", channel=handed.channel, account=handed.account, error=error
            )
            return Told(answered=False)

    async def _store(self, service: Service, handed: Handed, report: Report) -> None:
        subject = Subject(handed.creditor, handed.account)
        try:
            await reporting.store(service, subject, report, self.calls_max)
        except NotFound as error:  # so many were sent since that the account forgot this one
            log.warning(
                "result_of_nothing", channel=handed.channel, account=handed.account, error=error
            )


def asked_of(ways: Sequence[Way]) -> dict[str, Asked]:
    """Those of a channel's gateways that can be asked, by name; without one: the first is meant."""
    found: dict[str, Asked] = {
        one.name: one.gateway for one in ways if isinstance(one.gateway, Asked)
    }
    first = ways[0].name
    return {**found, "": found[first]} if first in found else found


def _address(keys: KeyRing, handed: Handed) -> str:
    """Where a notice went; empty when the debtor was erased."""
    subject = Subject(handed.creditor, handed.account)
    content = keys.open(subject, handed.content, "content")
    return str(content["to"]) if content else ""


def _window(known: Place | None, step: int, now: datetime) -> tuple[Place, datetime]:
    """Where a step goes on and how far: not back to what the next step has asked about since."""
    later = ASK_AFTER[step + 1] if step + 1 < len(ASK_AFTER) else _GIVEN_UP_AFTER
    earliest = Place(now - later)
    return max(known, earliest) if known else earliest, now - ASK_AFTER[step]
