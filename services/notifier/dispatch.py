"""Sending: the attempt is committed before the gateway is called, the result after."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

import msgspec

from chassis.logging import get_logger
from chassis.runtime.service import Service
from chassis.store.work import Work
from chassis.tracing.spans import part, under
from contracts.words.formats import one_line
from contracts.words.streams import Subject, account_stream
from services.notifier.adapters.breaker import Breaker
from services.notifier.adapters.gateway import Gateway, Lookup, Parcel
from services.notifier.domain.commands import AttemptResult, RecordPurge
from services.notifier.domain.decide import decide
from services.notifier.domain.state import Account
from services.notifier.measured import count, note_breaker, timing
from services.notifier.prepare import Preparation, parcel_of
from services.notifier.recording import (
    Key,
    asked_later,
    concluded,
    doubted,
    execute,
    found_out,
    key_of,
    record,
)
from services.notifier.rendering.compose import Content
from services.notifier.traced import Spans, end, spans_of
from services.notifier.views import notices
from services.notifier.views.notices import Task

log = get_logger(__name__)

BATCH_MAX = 200
_REMOTE_AT_ONCE = 8
"""Calls to remote gateways at the same time; a batch of them ends well before an attempt is
thought to be in doubt."""
_NOT_CALLED = AttemptResult("unavailable", reason="not_called")


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
    unrecorded: dict[Key, AttemptResult] = field(default_factory=dict)
    """What gateways answered and the store did not take."""

    async def __call__(self, service: Service) -> int:
        """One round; returns how many notices were looked at."""
        lanes = sorted(service.leases.held)
        async with service.pool.acquire(timeout=10) as connection:
            tasks, purges = await notices.to_do(connection, lanes, self.batch_max)
        lanes_of: dict[int, list[list[Task]]] = defaultdict(list)
        remote: list[list[Task]] = []
        for batch in self._batches(tasks):
            is_local = batch[0].channel in self.local
            (lanes_of[batch[0].lane] if is_local else remote).append(batch)
        found = await asyncio.gather(*(self._in_turn(service, one) for one in lanes_of.values()))
        failures = [error for each in found for error in each]
        failures += await self._in_turn(service, remote)
        await self._purge(service, purges)
        if purges or self.batch_max in Counter(task.lane for task in tasks).values():
            service.signals.workers.set()  # for what is left
        if failures:
            raise failures[0]
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

    async def _in_turn(self, service: Service, batches: list[list[Task]]) -> list[Exception]:
        """Work batches off one after the other: those of a lane would only be in one another's way,
        and gateways elsewhere are not to be asked for more at once.
        """
        return [one for batch in batches for one in await self._work_off(service, batch)]

    async def _work_off(self, service: Service, batch: list[Task]) -> list[Exception]:
        """Send a batch, or find out about it; a notice that fails does not hold up the others."""
        step = self._find_out if batch[0].state == "unknown" else self._send
        try:
            await step(service, batch)
        except Exception as error:
            if len(batch) == 1:
                log.exception("notice_not_handled", account=batch[0].account, error=error)
                return [error]
            return [one for task in batch for one in await self._work_off(service, [task])]
        return []

    async def _send(self, service: Service, batch: list[Task]) -> None:
        spans = await spans_of(service, batch, "send notice")
        work: Work

        def begin(given: Work) -> list[Parcel]:
            nonlocal work
            work, parcels = given, []
            for one in batch:
                with work.under(spans.get(key_of(one))):
                    parcel = self.preparation.begin(work, one.creditor, one.account, one.notice_id)
                if parcel is not None:
                    parcels.append(parcel)
            return parcels

        try:
            parcels = await execute(service, batch, begin)
        except Exception:
            # Attempts may be committed all the same; no gateway was called for them.
            self.unrecorded |= dict.fromkeys(map(key_of, batch), _NOT_CALLED)
            raise
        for parcel in parcels:
            self.unrecorded.pop(_key(parcel), None)
        results = await asyncio.gather(*(self._call(service, one, spans) for one in parcels))
        answers = {_key(one): got for one, got in zip(parcels, results, strict=True)}
        called = [one for one in batch if key_of(one) in answers]
        count(service, [(one, answers[key_of(one)]) for one in called])
        otherwise = doubted(self.unrecorded, answers)
        await record(service, called, concluded(answers), otherwise, spans, work.entries.values())
        end(spans)
        is_over = all(answer.outcome == "accepted" for answer in answers.values())
        is_left = any(_is_ready(work, one) for one in batch)  # it goes on by another channel
        if not is_over or is_left or len(work.pending) != len(batch):  # else each went out
            service.signals.workers.set()

    async def _call(self, service: Service, parcel: Parcel, spans: Spans) -> AttemptResult:
        with under(spans.get(_key(parcel))), part(f"send {parcel.channel}", "client", {}) as call:
            result = await self._answer(service, parcel)
            breaker = self.breakers[parcel.channel]
            breaker.note(result, service.clock.now())
            note_breaker(service, parcel.channel, breaker.open_until)
            if result.outcome != "accepted":
                log.warning(
                    "notice_not_accepted",
                    account=parcel.account,
                    state=result.outcome,
                    reason_class=result.reason,
                )
                if call is not None:
                    call.fail(result.reason or result.outcome)
        return result

    async def _answer(self, service: Service, parcel: Parcel) -> AttemptResult:
        try:
            with timing(service, parcel.channel, "send"):
                return _storable(await self.gateways[parcel.channel].send(parcel))
        except Exception as error:
            # A fault of ours or of a library: whether the notice left is not known.
            log.exception("gateway_raised", account=parcel.account, error=error)
            return AttemptResult("unknown", reason=type(error).__name__)

    async def _find_out(self, service: Service, batch: list[Task]) -> None:
        """Ask about attempts whose result nobody recorded."""
        spans = await spans_of(service, batch, "find out about notice")
        parcels = await execute(service, batch, lambda work: _in_doubt(work, batch))
        known = {
            _key(one): self.unrecorded.pop(_key(one))
            for one in parcels
            if _key(one) in self.unrecorded
        }
        found = await asyncio.gather(*(self._ask(service, one, known, spans) for one in parcels))
        answers = {_key(one): got for one, got in zip(parcels, found, strict=True)}
        asked = [one for one in batch if key_of(one) in answers]
        later = asked_later(self.unrecorded, known)
        await record(service, asked, found_out(answers), later, spans)
        service.signals.workers.set()
        end(spans)

    async def _ask(
        self, service: Service, parcel: Parcel, known: Mapping[Key, AttemptResult], spans: Spans
    ) -> Lookup:
        result = known.get(_key(parcel))
        if result is not None:
            return Lookup("sent" if result.outcome == "accepted" else "not_sent", result.reference)
        try:
            with (
                under(spans.get(_key(parcel))),
                part(f"find {parcel.channel}", "client", {}),
                timing(service, parcel.channel, "find"),
            ):
                lookup = await self.gateways[parcel.channel].find(parcel)
            return Lookup(lookup.finding, one_line(lookup.reference))
        except Exception as error:
            log.exception("gateway_raised", account=parcel.account, error=error)
            return Lookup("unclear")

    async def _purge(self, service: Service, purges: list[Task]) -> None:
        """Delete what gateways keep of erased debtors, then record that it is done."""
        accounts: dict[tuple[str, str], list[Task]] = defaultdict(list)
        for task in purges:
            accounts[task.creditor, task.account].append(task)
        for tasks in accounts.values():
            for task in tasks:
                gateway = self.gateways[task.channel]
                await gateway.forget(task.creditor, task.channel, task.notice_id)
            await execute(service, tasks[:1], partial(_purged, tasks[0]))


def _key(parcel: Parcel) -> Key:
    return parcel.creditor, parcel.account, parcel.notice_id


def _storable(result: AttemptResult) -> AttemptResult:
    """The same with plain, printable texts; raises when it is no answer at all."""
    checked = msgspec.convert(vars(result), AttemptResult)
    return replace(checked, reference=one_line(checked.reference), reason=one_line(checked.reason))


def _is_ready(work: Work, task: Task) -> bool:
    state: Account = work.state(account_stream(task.creditor, task.account))
    notice = state.open.get(task.notice_id)
    return notice is not None and notice.stage == "ready"


def _purged(task: Task, work: Work) -> None:
    stream = account_stream(task.creditor, task.account)
    work.append(stream, decide(work.state(stream), RecordPurge()))


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
