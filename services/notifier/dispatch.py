"""Sending: the attempt is committed before the gateway is called, the result after."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from chassis.errors import Conflict
from chassis.logging import get_logger
from chassis.service import Service
from chassis.vault import Subject
from chassis.work import Work
from services.notifier.adapters.breaker import Breaker
from services.notifier.adapters.gateway import Gateway, Lookup, Parcel
from services.notifier.domain import decide
from services.notifier.domain import events as e
from services.notifier.domain.commands import AttemptResult
from services.notifier.domain.state import Account
from services.notifier.prepare import Preparation, parcel_of
from services.notifier.rendering.compose import Content
from services.notifier.streams import account_stream, terms_stream
from services.notifier.views import notices
from services.notifier.views.notices import Task

log = get_logger(__name__)

BATCH_MAX = 100
_REMOTE_AT_ONCE = 8
"""Calls to remote gateways at the same time; a batch of them ends well before an attempt is
thought to be in doubt."""


@dataclass
class Dispatcher:
    """Does everything that is due: sends what is ready, finds out what is in doubt, deletes the
    files of the erased.

    `gateways` by channel; `local` are the channels whose gateway answers at once (files).
    """

    gateways: Mapping[str, Gateway]
    local: frozenset[str]
    preparation: Preparation
    breakers: Mapping[str, Breaker]
    batch_max: int

    async def __call__(self, service: Service) -> int:
        """One round; returns how many notices were looked at."""
        lanes = sorted(service.leases.held)
        async with service.pool.acquire(timeout=10) as connection:
            tasks = await notices.due(connection, lanes, self.batch_max)
            purges = await notices.to_purge(connection, lanes)
        for batch in self._batches(tasks):
            await self._work_off(service, batch)
        await self._purge(service, purges)
        return len(tasks) + len(purges)

    def _batches(self, tasks: list[Task]) -> Iterable[list[Task]]:
        """Notices of one lane and state that are handled with one transaction before and after."""
        groups: dict[tuple[int, str, bool], list[Task]] = defaultdict(list)
        for task in tasks:
            groups[task.lane, task.state, task.channel in self.local].append(task)
        for (_, _, local), group in groups.items():
            rest = iter(group)
            while batch := list(islice(rest, BATCH_MAX if local else _REMOTE_AT_ONCE)):
                yield batch

    async def _work_off(self, service: Service, batch: list[Task]) -> None:
        unknown = batch[0].state == "unknown"
        step = self._find_out if unknown else self._send
        try:
            await step(service, batch)
        except Conflict:
            # Other writers kept being faster on one of the accounts: the others need not suffer.
            if len(batch) == 1:
                raise
            for task in batch:
                await step(service, [task])

    async def _send(self, service: Service, batch: list[Task]) -> None:
        def begin(work: Work) -> list[Parcel]:
            found = (
                self.preparation.begin(work, one.creditor, one.account, one.notice_id)
                for one in batch
            )
            return [parcel for parcel in found if parcel is not None]

        parcels = await _execute(service, batch, begin)
        results = await asyncio.gather(*(self._call(service, one) for one in parcels))
        by_key = {
            (one.account, one.notice_id): got for one, got in zip(parcels, results, strict=True)
        }

        def conclude(work: Work) -> None:
            for task in batch:
                result = by_key.get((task.account, task.notice_id))
                if result is not None:
                    stream = account_stream(task.creditor, task.account)
                    events = decide.conclude(work.state(stream), task.notice_id, result, work.now)
                    work.append(stream, events)

        if parcels:
            await _execute(service, batch, conclude)

    async def _call(self, service: Service, parcel: Parcel) -> AttemptResult:
        try:
            result = await self.gateways[parcel.channel].send(parcel)
        except Exception as error:
            # A fault of ours or of a library: whether the notice left is not known.
            log.exception("gateway_raised", account=parcel.account, error=error)
            result = AttemptResult("unknown", reason=type(error).__name__)
        self.breakers[parcel.channel].note(result, service.clock.now())
        if result.outcome != "accepted":
            log.warning(
                "notice_not_accepted",
                account=parcel.account,
                state=result.outcome,
                reason_class=result.reason,
            )
        return result

    async def _ask(self, parcel: Parcel) -> Lookup:
        try:
            return await self.gateways[parcel.channel].find(parcel)
        except Exception as error:
            log.exception("gateway_raised", account=parcel.account, error=error)
            return Lookup("unclear")

    async def _find_out(self, service: Service, batch: list[Task]) -> None:
        """Ask the gateways about attempts whose result nobody recorded."""
        parcels = await _execute(service, batch, lambda work: _in_doubt(work, batch))
        found = await asyncio.gather(*(self._ask(one) for one in parcels))
        by_key: dict[tuple[str, str], Lookup] = {
            (one.account, one.notice_id): got for one, got in zip(parcels, found, strict=True)
        }

        def settle(work: Work) -> None:
            for task in batch:
                lookup = by_key.get((task.account, task.notice_id))
                if lookup is not None:
                    stream = account_stream(task.creditor, task.account)
                    events = decide.find_out(
                        work.state(stream),
                        task.notice_id,
                        lookup.finding,
                        lookup.reference,
                        work.now,
                    )
                    work.append(stream, events)

        await _execute(service, batch, settle)

    async def _purge(self, service: Service, purges: list[Task]) -> None:
        """Delete what gateways keep of erased debtors, then record that it is done."""
        accounts: dict[tuple[str, str], list[Task]] = defaultdict(list)
        for task in purges:
            accounts[task.creditor, task.account].append(task)
        for tasks in accounts.values():
            for task in tasks:
                gateway = self.gateways[task.channel]
                await gateway.forget(task.creditor, task.channel, task.notice_id)
            stream = account_stream(tasks[0].creditor, tasks[0].account)
            await _execute(service, tasks[:1], lambda work, stream=stream: _purged(work, stream))


async def _execute(service: Service, batch: list[Task], fn: Any) -> Any:
    """Run a function on the accounts of a batch, all of one lane, and their creditors' terms."""
    subjects = list(dict.fromkeys(Subject(one.creditor, one.account) for one in batch))
    streams = [account_stream(*one) for one in subjects]
    streams += sorted({terms_stream(one.creditor, one.lane) for one in batch})
    key = f"{batch[0].creditor}/{batch[0].account}"
    return await service.execute(key, streams, fn, subjects=subjects)


def _purged(work: Work, stream: str) -> None:
    if work.state(stream).purge_due:
        work.append(stream, [e.OutboxPurged()])


def _in_doubt(work: Work, batch: list[Task]) -> list[Parcel]:
    parcels = []
    for task in batch:
        state: Account = work.state(account_stream(task.creditor, task.account))
        notice = state.open.get(task.notice_id)
        if notice is None or notice.stage != "unknown":
            continue
        opened = work.open(Subject(task.creditor, task.account), notice.content)
        if opened is not None:
            parcels.append(parcel_of(state, task.notice_id, msgspec.convert(opened, Content)))
    return parcels
