"""Puts dunning together: the only place that knows all its parts."""

from functools import partial
from pathlib import Path

from chassis.bus.base import Bus
from chassis.clock import Clock
from chassis.logging import get_logger
from chassis.runtime.blueprint import Blueprint
from chassis.runtime.instance import Instance, Probe, no_probe
from chassis.runtime.service import Service
from chassis.settings import Settings
from chassis.store.cached_states import LARGE_STATES_MAX
from contracts.words.streams import told_sources_stream
from services.dunning.api import routers
from services.dunning.daily import once_a_day
from services.dunning.decisions import Decisions
from services.dunning.domain.aggregates import AGGREGATES
from services.dunning.figures import FIGURES
from services.dunning.handlers import messages, wakes
from services.dunning.library import Library
from services.dunning.people import PersonContacts, forget
from services.dunning.policy.load import shipped
from services.dunning.publish import publish
from services.dunning.retention import end_retentions
from services.dunning.settings import DunningSettings
from services.dunning.views import VIEWS

log = get_logger(__name__)

READS = ("billing", "ledger", "notifier", "legal")
MIGRATIONS = Path(__file__).parent / "migrations"


def blueprint(library: Library, people: PersonContacts | None = None) -> Blueprint:
    """Dunning as one value: its aggregates, tables of handlers, views and routes."""
    decisions = Decisions(library, people.region if people else "")

    async def load_policies(service: Service) -> int:
        return await library.refresh(service.pool)

    return Blueprint(
        name="dunning",
        aggregates=AGGREGATES,
        messages=messages(decisions),
        wakes=wakes(decisions),
        publish=publish,
        reads=READS,
        writes=("dunning",),
        views=VIEWS,
        routers=lambda service: routers(service, decisions),
        workers=(
            load_policies,
            once_a_day("forgetting contacts", forget),
            once_a_day("ending retentions", partial(end_retentions, decisions=decisions)),
        ),
        migrations=(MIGRATIONS,),
        beside=people,
        sources_of=told_sources_stream,
        figures=FIGURES,
        kept_max=LARGE_STATES_MAX,
    )


async def build(
    settings: Settings,
    *,
    clock: Clock,
    bus: Bus,
    dsn: str,
    probe: Probe = no_probe,
    strict: bool = False,
) -> Instance:
    """Dunning, ready to be started or stepped; raises `Misconfigured` when store and bus do not
    fit.
    """
    for broken in shipped().broken.values():
        for problem in broken.problems:
            log.warning("policy_unreadable", error=str(problem))
    library = Library()
    people = PersonContacts(DunningSettings().region)
    service = await Instance.open(
        blueprint(library, people),
        settings,
        clock=clock,
        bus=bus,
        dsn=dsn,
        probe=probe,
        strict=strict,
    )
    try:
        await library.refresh(service.pool, always=True)
    except BaseException:
        await service.stop()
        raise
    return service
