"""Sending: the attempt is committed before the gateway is called, the result after."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

import msgspec

from chassis.logging import get_logger
from chassis.runtime.service import Service
from chassis.store.work import Work
from contracts.words.streams import Subject, account_stream
from services.notifier.adapters.gateway import Parcel
from services.notifier.calling import NOT_CALLED, Calls, parcel_key
from services.notifier.domain.commands import AttemptResult, RecordPurge
from services.notifier.domain.decide import decide
from services.notifier.domain.state import Account
from services.notifier.measured import count
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
from services.notifier.spending import Spending
from services.notifier.traced import end, spans_of
from services.notifier.views import notices
from services.notifier.views.notices import Task
from services.notifier.ways import Way, free_at, room

log = get_logger(__name__)

BATCH_MAX = 200
_REMOTE_AT_ONCE = 8
"""Calls to remote gateways at the same time; a batch of them ends well before an attempt is
thought to be in doubt."""


@dataclass
class Dispatcher:
    """Does everything that is due: sends what is ready, finds out what is in doubt, deletes the
    files of the erased.

    `ways` by channel; `local` are the channels whose gateway answers at once (files).
    """

    ways: Mapping[str, Sequence[Way]]
    local: frozenset[str]
    preparation: Preparation
    calls: Calls
    spending: Spending
    batch_max: int
    unrecorded: dict[Key, AttemptResult] = field(default_factory=dict)
    """What gateways answered and the store did not take."""
    _again: asyncio.TimerHandle | None = None

    async def __call__(self, service: Service) -> int:
        """One round; returns how many notices were looked at."""
        lanes, now = sorted(service.leases.held), service.clock.now()
        resting = [name for name, ways in self.ways.items() if room(ways, now) == 0]
        async with service.pool.acquire(timeout=10) as connection:
            tasks, purges = await notices.to_do(connection, lanes, self.batch_max, resting)
        is_full = self.batch_max in Counter(task.lane for task in tasks).values()
        tasks = self._with_room(tasks, service)
        lanes_of: dict[int, list[list[Task]]] = defaultdict(list)
        remote: dict[str, list[list[Task]]] = defaultdict(list)
        for batch in self._batches(tasks):
            lane, channel = batch[0].lane, batch[0].channel
            (lanes_of[lane] if channel in self.local else remote[channel]).append(batch)
        found = await asyncio.gather(*(self._in_turn(service, one) for one in lanes_of.values()))
        found += await asyncio.gather(*(self._in_turn(service, one) for one in remote.values()))
        failures = [error for each in found for error in each]
        await self._purge(service, purges)
        self.spending.note(service)
        self._come_back(service)
        if purges or is_full:
            service.signals.workers.set()  # for what is left
        if failures:
            raise failures[0]
        return len(tasks) + len(purges)

    def _with_room(self, tasks: list[Task], service: Service) -> list[Task]:
        """The same without what the rates of its channel's gateways leave no room for."""
        now = service.clock.now()
        left = {name: room(ways, now) for name, ways in self.ways.items()}
        kept = []
        for task in tasks:
            number = left[task.channel]
            if task.state == "unknown" or number is None:
                kept.append(task)
            elif number:
                kept.append(task)
                left[task.channel] = number - 1
        return kept

    def _come_back(self, service: Service) -> None:
        """Have the next round when a gateway whose rate was used up may be called again."""
        now = service.clock.now()
        frees = [found for one in self.ways.values() if (found := free_at(one, now)) is not None]
        if self._again is not None:
            self._again.cancel()
        self._again = None
        if frees:
            seconds = (min(frees) - now).total_seconds()
            loop = asyncio.get_running_loop()
            self._again = loop.call_later(seconds, service.signals.workers.set)

    def _batches(self, tasks: list[Task]) -> Iterable[list[Task]]:
        """Notices of one lane and state that are handled with one transaction before and after;
        those of remote gateways by channel.
        """
        groups: dict[tuple[int, str, str], list[Task]] = defaultdict(list)
        for task in tasks:
            channel = "" if task.channel in self.local else task.channel
            groups[task.lane, task.state, channel].append(task)
        for (_, _, channel), group in groups.items():
            rest = iter(group)
            while batch := list(islice(rest, _REMOTE_AT_ONCE if channel else BATCH_MAX)):
                yield batch

    async def _in_turn(self, service: Service, batches: list[list[Task]]) -> list[Exception]:
        """Work batches off one after the other: those of a lane would only be in one another's way,
        and a channel's gateways elsewhere are not to be asked for more at once.
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
        parcels: list[Parcel] = []
        await self.spending.learn(service, batch[0].channel)

        def begin(given: Work) -> None:
            nonlocal work
            self.spending.give_back(parcels)  # of a run before that was not stored
            parcels.clear()
            work = given
            for one in batch:
                with work.under(spans.get(key_of(one))):
                    parcel = self.preparation.begin(work, one.creditor, one.account, one.notice_id)
                if parcel is not None:
                    parcels.append(parcel)

        try:
            await execute(service, batch, begin)
        except Exception:
            self.spending.give_back(parcels)
            # Attempts may be committed all the same; no gateway was called for them.
            self.unrecorded |= dict.fromkeys(map(key_of, batch), NOT_CALLED)
            raise
        for parcel in parcels:
            self.unrecorded.pop(parcel_key(parcel), None)
        results = await asyncio.gather(*(self.calls.send(service, one, spans) for one in parcels))
        answers = {parcel_key(one): got for one, got in zip(parcels, results, strict=True)}
        self.spending.give_back(
            one for one in parcels if answers[parcel_key(one)].outcome in ("unavailable", "refused")
        )
        called = [one for one in batch if key_of(one) in answers]
        count(service, [(one, answers[key_of(one)]) for one in called])
        otherwise = doubted(self.unrecorded, answers)
        await record(service, called, concluded(answers), otherwise, spans, work.entries.values())
        end(spans)
        is_over = all(answer.outcome == "accepted" for answer in answers.values())
        is_left = any(_is_ready(work, one) for one in batch)  # it goes on by another channel
        if not is_over or is_left or len(work.pending) != len(batch):  # else each went out
            service.signals.workers.set()

    async def _find_out(self, service: Service, batch: list[Task]) -> None:
        """Ask about attempts whose result nobody recorded."""
        spans = await spans_of(service, batch, "find out about notice")
        parcels = await execute(service, batch, lambda work: _in_doubt(work, batch))
        known = {
            parcel_key(one): self.unrecorded.pop(parcel_key(one))
            for one in parcels
            if parcel_key(one) in self.unrecorded
        }
        found = await asyncio.gather(
            *(self.calls.ask(service, one, known, spans) for one in parcels)
        )
        answers = {parcel_key(one): got for one, got in zip(parcels, found, strict=True)}
        asked = [one for one in batch if key_of(one) in answers]
        later = asked_later(self.unrecorded, known)
        await record(service, asked, found_out(answers), later, spans)
        service.signals.workers.set()
        end(spans)

    async def _purge(self, service: Service, purges: list[Task]) -> None:
        """Delete what gateways keep of erased debtors, then record that it is done."""
        accounts: dict[tuple[str, str], list[Task]] = defaultdict(list)
        for task in purges:
            accounts[task.creditor, task.account].append(task)
        for tasks in accounts.values():
            for task in tasks:
                gateways = {id(self.calls.files): self.calls.files}
                gateways |= {id(one.gateway): one.gateway for one in self.ways[task.channel]}
                for gateway in gateways.values():
                    await gateway.forget(task.creditor, task.channel, task.notice_id)
            await execute(service, tasks[:1], partial(_purged, tasks[0]))


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
        opened = work.open(Subject(task.creditor, task.account), notice.content, "content")
        if opened is not None:
            parcels.append(parcel_of(state, task.notice_id, msgspec.convert(opened, Content)))
    return parcels
