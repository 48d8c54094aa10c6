"""Sending: the attempt is committed before the gateway is called, the result after."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from chassis.errors import Conflict, Malformed
from chassis.logging import get_logger
from chassis.service import Service
from chassis.vault import Subject
from chassis.work import Work
from services.notifier.adapters.breaker import Breaker
from services.notifier.adapters.gateway import Gateway, Lookup, Parcel
from services.notifier.domain import decide
from services.notifier.domain import events as e
from services.notifier.domain.commands import AttemptResult, Rendered
from services.notifier.domain.destinations import Profile, destinations, masked
from services.notifier.domain.state import Account, OpenNotice
from services.notifier.domain.terms import Terms
from services.notifier.handlers import account_stream, terms_of, terms_stream
from services.notifier.rendering.compose import Content, compose
from services.notifier.rendering.templates import Templates
from services.notifier.settings import NotifierSettings
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
    templates: Templates
    settings: NotifierSettings
    breakers: Mapping[str, Breaker]

    async def __call__(self, service: Service) -> int:
        """One round; returns how many notices were looked at."""
        lanes = sorted(service.leases.held)
        async with service.pool.acquire(timeout=10) as connection:
            tasks = await notices.due(connection, lanes, self.settings.dispatch_batch_max)
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
            found = (self._begin(work, task) for task in batch)
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

    def _begin(self, work: Work, task: Task) -> Parcel | None:
        """Decide, at the moment of sending, whether a notice goes; commit to it when it does."""
        stream = account_stream(task.creditor, task.account)
        state: Account = work.state(stream)
        notice = state.open.get(task.notice_id)
        if notice is None or notice.stage != "ready":
            return None
        terms = terms_of(work, task.creditor)
        stopped = decide.gate(state, notice, terms, work.now) or self._held(notice, work.now)
        if stopped:
            work.append(stream, stopped)
            return None
        content = self._content(work, stream, notice, terms)
        if content is None:
            return None
        subject = Subject(task.creditor, task.account)
        rendered = Rendered(
            notice_id=notice.notice_id,
            to_masked=masked(content.to, notice.channel),
            sha256=content.sha256,
            content=work.seal(subject, msgspec.to_builtins(content)),
        )
        work.append(stream, decide.attempt(notice, rendered, terms, work.now))
        return _parcel(work.state(stream), task.notice_id, content)

    def _content(self, work: Work, stream: str, notice: OpenNotice, terms: Terms) -> Content | None:
        """What is written to whom; when that cannot be said the notice ends here."""
        state: Account = work.state(stream)
        subject = Subject(state.creditor, state.account)
        profile = msgspec.convert(work.open(subject, state.profile), Profile)
        to = self._destination(work, stream, notice, profile)
        if to is None:
            work.append(stream, decide.no_address(notice))
            return None
        try:
            return compose(
                self.templates,
                self.settings.sender(state.creditor),
                state,
                notice,
                profile,
                terms,
                to,
                work.now.astimezone(terms.zone).date(),
            )
        except Malformed as error:
            log.warning("notice_unwritable", stream=stream, error=error)
            work.append(stream, decide.fail(notice, "template"))
            return None

    def _destination(
        self, work: Work, stream: str, notice: OpenNotice, profile: Profile
    ) -> str | None:
        state: Account = work.state(stream)
        subject = Subject(state.creditor, state.account)
        if notice.destination:
            fixed: str = work.open(subject, notice.destination)
            return fixed
        found = destinations(profile, notice.channel, notice.recipients, self.settings.region)
        if not found:
            return None
        if notice.attempts == 0 and len(found) > 1:
            others = [work.seal(subject, one) for one in found[1:]]
            work.append(stream, decide.split(notice, others))
        return found[0]

    def _held(self, notice: OpenNotice, now: datetime) -> list[e.Event]:
        until = self.breakers[notice.channel].blocked_until(now)
        return [] if until is None else decide.hold_back(notice, until)

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
            parcels.append(_parcel(state, task.notice_id, msgspec.convert(opened, Content)))
    return parcels


def _parcel(state: Account, notice_id: str, content: Content) -> Parcel:
    notice = state.open[notice_id]
    if notice.day is None:
        raise Malformed(f"notice {notice_id} was never attempted")
    return Parcel(
        notice_id=notice_id,
        creditor=state.creditor,
        account=state.account,
        channel=notice.channel,
        day=notice.day,
        to=content.to,
        name=content.name,
        subject=content.subject,
        body=content.body,
    )
