"""Which trace a notice belongs to: that of its request, and of what was tried since."""

from collections.abc import Mapping, Sequence

from chassis.runtime.service import Service
from chassis.store.pool import acquire
from chassis.store.traces import of_types
from chassis.tracing.spans import Span
from contracts.words.streams import account_stream
from services.notifier.domain import events as e
from services.notifier.views.notices import Task

Spans = Mapping[tuple[str, str, str], Span]
"""By creditor, account and notice."""
_TYPES = (e.NoticeRequested, e.NoticeAttempted, e.NoticeInDoubt, e.LookupPostponed)


async def spans_of(service: Service, tasks: Sequence[Task], name: str) -> Spans:
    """A span for each of these notices that belongs to a trace: none where traces are off."""
    traces = service.store.traces
    if traces is None:
        return {}
    streams = {account_stream(one.creditor, one.account) for one in tasks}
    async with acquire(service.pool) as connection:
        found = await of_types(connection, service.store.aggregates, streams, _TYPES)
    last = {(stream, event.notice_id): context for stream, event, context in found}
    spans: dict[tuple[str, str, str], Span] = {}
    for one in tasks:
        context = last.get((account_stream(one.creditor, one.account), one.notice_id))
        if context is not None:
            spans[one.creditor, one.account, one.notice_id] = traces.go_on(
                name,
                "internal",
                context,
                {
                    "arrears.notice": one.notice_id,
                    "arrears.channel": one.channel,
                    "arrears.creditor": one.creditor,
                    "arrears.account": one.account,
                },
            )
    return spans


def end(spans: Spans) -> None:
    """Whatever became of the notices, this step is over."""
    for span in spans.values():
        span.end()
