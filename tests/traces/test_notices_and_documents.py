"""A notice and a document belong to the trace of their request, whatever else happened to the
account since.
"""

from datetime import UTC, datetime, timedelta

from tests.legal.conftest import world as legal
from tests.legal.world import LegalWorld
from tests.notifier.conftest import Open, open_world
from tests.notifier.world import World
from tests.traces.told import TRACE, UPSTREAM, Told

__all__ = ["legal", "open_world"]
ANOTHER = UPSTREAM.replace(TRACE, "1" * 32)
EVENING = datetime(2026, 3, 10, 14, tzinfo=UTC)
"""22:00 in Shanghai: notices wait until the morning."""


async def told_to(world: World | LegalWorld) -> Told:
    told = Told()
    await world.run()
    world.service.store.traces = told.traces()
    return told


async def test_a_notice_that_waited_goes_out_in_the_trace_of_its_request(open_world: Open) -> None:
    world = await open_world(start=EVENING)
    await world.terms()
    await world.debtor()
    version = await world.owes(830000)
    told = await told_to(world)
    world.traceparent = UPSTREAM
    await world.request(version=version)
    await world.run()
    world.traceparent = ANOTHER
    await world.owes(830001)
    await world.run(EVENING + timedelta(hours=14))
    deferring, sending = [span for span in told.spans if span.name == "send notice"]
    call, sent = told.named("send sms"), told.named("send notifier")
    assert deferring.parent == sending.parent == told.named("process dunning").context
    assert {sending.trace_id, call.trace_id, sent.trace_id} == {TRACE}
    assert call.parent == sent.parent == sending.context
    assert sending.attributes == {
        "arrears.notice": "N-1",
        "arrears.channel": "sms",
        "arrears.creditor": "acme",
        "arrears.account": "P-1",
    }
    (message,) = await world.published("notifier")
    assert message.traceparent == sent.traceparent


async def test_a_notice_of_no_trace_has_no_span(open_world: Open) -> None:
    world = await open_world()
    await world.terms()
    await world.debtor()
    version = await world.owes(830000)
    told = await told_to(world)
    await world.request(version=version)
    await world.run()
    assert len(await world.published("notifier")) == 1
    assert told.spans == []


async def test_a_document_is_drawn_and_filed_in_the_trace_of_its_request(
    legal: LegalWorld,
) -> None:
    await legal.debtor()
    version = await legal.owes(830000)
    told = await told_to(legal)
    legal.traceparent = UPSTREAM
    await legal.asks(version=version)
    await legal.run()
    drawn, filed = told.named("draw document"), told.named("file document")
    assert drawn.parent == filed.parent == told.named("process dunning").context
    assert {span.trace_id for span in told.spans} == {TRACE}
    assert {message.traceparent for message in await legal.published("legal")} == {
        span.traceparent for span in told.spans if span.name == "send legal"
    }
