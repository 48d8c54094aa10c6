"""Wires the legal service."""

from pathlib import Path

from chassis.bus.base import Bus
from chassis.clock import Clock
from chassis.documents.typeset import typesetter
from chassis.runtime.blueprint import Blueprint
from chassis.runtime.instance import Instance, Probe, no_probe
from chassis.settings import Settings
from chassis.store.cached_states import LARGE_STATES_MAX
from contracts.words.streams import told_sources_stream
from services.legal.adapters.folder import DocumentsFolder
from services.legal.api import evidence, file, routes
from services.legal.api import papers as printed
from services.legal.domain.aggregates import AGGREGATES
from services.legal.drafting import Drafting
from services.legal.evidence.sources import urls
from services.legal.figures import FIGURES
from services.legal.filing import Filing
from services.legal.handlers import messages, wakes
from services.legal.publish import publish
from services.legal.rendering.compose import Documents
from services.legal.rendering.papers import Papers
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
    if settings.fonts is not None and own.papers == "pdf":
        typesetter(settings.fonts)  # a folder that is named must do
    urls(settings)  # said at the start, not when somebody asks for evidence
    folder = own.documents or settings.data_dir / "documents"
    return await Instance.open(
        blueprint(own, folder, settings.fonts),
        settings,
        clock=clock,
        bus=bus,
        dsn=dsn,
        strict=strict,
        probe=probe,
    )


def blueprint(own: LegalSettings, folder: Path, fonts: Path | None = None) -> Blueprint:
    """The legal service's tables."""
    drafting, papers = Drafting(Documents(own.templates), own), Papers(fonts)
    files = DocumentsFolder(folder)
    to_files = papers if own.papers == "pdf" else None
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
            printed.router(service, papers, files),
        ),
        kept_max=LARGE_STATES_MAX,
        workers=(Filing(files, own.filing_batch_max, to_files),),
    )
