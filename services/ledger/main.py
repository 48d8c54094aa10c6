"""The ledger, wired: the only place that puts its pieces together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from chassis.bus.base import Bus
from chassis.clock import Clock
from chassis.runtime.blueprint import Blueprint
from chassis.runtime.instance import Instance, no_probe
from chassis.settings import Settings
from contracts import dunning
from contracts.billing import AccountErased
from contracts.words.streams import sources_stream
from services.ledger import erasures
from services.ledger.api import routers
from services.ledger.domain.aggregates import AGGREGATES, CASH_DESK, RECEIPTS, SOURCES
from services.ledger.figures import FIGURES
from services.ledger.handlers import MESSAGES, WAKES
from services.ledger.publish import publish
from services.ledger.views import VIEWS

READ_BY: Mapping[str, Sequence[str]] = {
    "billing": ("ledger", "dunning", "notifier", "legal"),
    "ledger": ("dunning", "notifier", "legal"),
    "dunning": ("ledger", "notifier", "legal"),
    "notifier": ("dunning",),
    "legal": ("ledger", "dunning"),
}
"""Which services read each topic: it can be let go of what all of these have read."""

BLUEPRINT = Blueprint(
    name="ledger",
    aggregates=AGGREGATES,
    messages=MESSAGES,
    wakes=WAKES,
    publish=publish,
    reads=("billing", "dunning", "legal"),
    writes=("ledger",),
    views=VIEWS,
    routers=routers,
    retry_after=frozenset({dunning.TermsPublished.TYPE}),
    forgets=READ_BY["billing"],
    read_by=READ_BY,
    guards=("billing",),
    sources_of=lambda creditor, _lane: sources_stream(creditor),
    figures=FIGURES,
    undivided=frozenset({CASH_DESK.name, RECEIPTS.name, SOURCES.name}),
)


async def build(
    settings: Settings,
    *,
    clock: Clock,
    bus: Bus,
    dsn: str,
    probe: Callable[[str], None] = no_probe,
    strict: bool = False,
) -> Instance:
    """The ledger on a store and a bus; `strict` for simulations. See `Instance.open`."""
    messages = {**MESSAGES, AccountErased.TYPE: erasures.requested(settings.erasure_hours)}
    blueprint = replace(BLUEPRINT, messages=messages)
    return await Instance.open(
        blueprint, settings, clock=clock, bus=bus, dsn=dsn, probe=probe, strict=strict
    )
