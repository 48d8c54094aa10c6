"""Storing what gateways answered: they were called, so whatever the store raises must not lead to
calling them again.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from chassis.logging import get_logger
from chassis.runtime.service import Service
from chassis.store.work import Entry, Work
from contracts.words.streams import Subject, account_stream, terms_stream, texts_stream
from contracts.words.streams import key_of as record_key
from services.notifier.adapters.gateway import Lookup
from services.notifier.domain.commands import AttemptResult, Conclude, FindOut
from services.notifier.domain.decide import decide
from services.notifier.domain.state import Account
from services.notifier.traced import Spans
from services.notifier.views.notices import Task

log = get_logger(__name__)

Key = tuple[str, str, str]
"""Creditor, account and notice."""
UNTRACED: Spans = {}
_REMEMBERED_MAX = 10_000
Change = Callable[[Account, Task, Work], Conclude | FindOut]
"""The command that an answer about a notice leads to."""


def key_of(task: Task) -> Key:
    """By what an answer is found again."""
    return task.creditor, task.account, task.notice_id


async def record(
    service: Service,
    batch: list[Task],
    change: Change,
    otherwise: Change,
    spans: Spans = UNTRACED,
    known: Collection[Entry] = (),
) -> None:
    """Store `change` for a batch; what the store does not take goes one by one, and of what it does
    not take even then, `otherwise` is stored. `known` are the accounts as they were left when the
    attempts were stored.

    Raises nothing: a notice of which neither is stored is in doubt as after a crash.
    """
    if not batch:
        return
    try:
        await execute(service, batch, lambda work: _append(work, batch, change, spans), known=known)
    except Exception as error:
        log.exception("result_not_stored", account=batch[0].account, error=error)
        if len(batch) > 1:
            for task in batch:
                await record(service, [task], change, otherwise, spans)
        elif change is not otherwise:
            await record(service, batch, otherwise, otherwise, spans)


def concluded(answers: Mapping[Key, AttemptResult]) -> Change:
    """What the gateways said to attempts."""
    return lambda _state, task, work: Conclude(task.notice_id, answers[key_of(task)], work.now)


def doubted(unrecorded: dict[Key, AttemptResult], answers: Mapping[Key, AttemptResult]) -> Change:
    """Nobody can say from the store what became of an attempt; this process remembers it."""

    def change(state: Account, task: Task, work: Work) -> Conclude:
        key = key_of(task)
        known = answers[key].outcome != "unknown"
        if known and task.notice_id in state.open and len(unrecorded) < _REMEMBERED_MAX:
            unrecorded[key] = answers[key]
        return Conclude(task.notice_id, AttemptResult("unknown"), work.now)

    return change


def found_out(answers: Mapping[Key, Lookup]) -> Change:
    """What the gateways know of attempts in doubt."""

    def change(_state: Account, task: Task, work: Work) -> FindOut:
        found = answers[key_of(task)]
        return FindOut(task.notice_id, found.finding, found.reference, work.now)

    return change


def asked_later(unrecorded: dict[Key, AttemptResult], known: Mapping[Key, AttemptResult]) -> Change:
    """What became of attempts in doubt could not be stored: it is asked again, this process too."""

    def change(state: Account, task: Task, work: Work) -> FindOut:
        if key_of(task) in known and task.notice_id in state.open:
            unrecorded[key_of(task)] = known[key_of(task)]
        return FindOut(task.notice_id, "unclear", "", work.now)

    return change


async def execute(
    service: Service,
    batch: list[Task],
    fn: Callable[[Work], Any],
    known: Collection[Entry] = (),
) -> Any:
    """Run a function on the accounts of a batch, all of one lane, and their creditors' terms and
    texts; with their keys, unless they are `known` from such a run before.
    """
    subjects = list(dict.fromkeys(Subject(one.creditor, one.account) for one in batch))
    streams = [account_stream(*one) for one in subjects]
    # A notice may have been asked for in another lane than its account's: the command runs in this.
    lane = service.lane_of(batch[0].creditor, batch[0].account)
    streams += sorted({terms_stream(one.creditor, lane) for one in batch})
    streams += sorted({texts_stream(one.creditor) for one in batch})
    key = record_key(batch[0].creditor, batch[0].account)
    return await service.execute(
        key, streams, fn, subjects=() if known else subjects, known=known, rings=False
    )


def _append(work: Work, batch: list[Task], change: Change, spans: Spans) -> None:
    for task in batch:
        stream = account_stream(task.creditor, task.account)
        state = work.state(stream)
        with work.under(spans.get(key_of(task))):
            work.append(stream, decide(state, change(state, task, work)))
