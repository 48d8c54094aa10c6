"""Wires the legal service."""

from pathlib import Path

from chassis.bus.base import Bus
from chassis.clock import Clock
from chassis.runtime.blueprint import Blueprint
from chassis.runtime.instance import Instance, Probe, no_probe
from chassis.settings import Settings
from chassis.store.cached_states import LARGE_STATES_MAX
from contracts.words.streams import told_sources_stream
from services.legal.adapters.folder import DocumentsFolder
from services.legal.api import evidence, file, routes
from services.legal.domain.aggregates import AGGREGATES
from services.legal.drafting import Drafting
from services.legal.evidence.sources import urls
from services.legal.figures import FIGURES
from services.legal.filing import Filing
from services.legal.handlers import messages, wakes
from services.legal.publish import publish
from services.legal.rendering.compose import Documents
from services.legal.settings import LegalSettings
from services.legal.views import VIEWS


async def build(
    settings: Settings,
    *,
    clock: Clock,
    bus: Bus,
    dsn: str,
    strict: bool = False,
    own: LegalSettings | None = None,
    probe: Probe = no_probe,
) -> Instance:
    """The legal service on a store and a bus; `own` are its settings, by default the
    environment's.
    """
    own = own or LegalSettings()
    urls(settings)  # said at the start, not when somebody asks for evidence
    folder = own.documents or settings.data_dir / "documents"
    return await Instance.open(
        blueprint(own, folder),
        settings,
        clock=clock,
        bus=bus,
        dsn=dsn,
        strict=strict,
        probe=probe,
    )


def blueprint(own: LegalSettings, folder: Path) -> Blueprint:
    """The legal service's tables."""
    drafting = Drafting(Documents(own.templates), own)
    return Blueprint(
        name="legal",
        aggregates=AGGREGATES,
        messages=messages(drafting),
        wakes=wakes(drafting),
        publish=publish,
        reads=("billing", "ledger", "dunning"),
        writes=("legal",),
        views=VIEWS,
        sources_of=told_sources_stream,
        figures=FIGURES,
        routers=lambda service: (
            routes.router(service, own),
            file.router(service),
            evidence.router(service),
        ),
        kept_max=LARGE_STATES_MAX,
        workers=(Filing(DocumentsFolder(folder), own.filing_batch_max),),
    )
