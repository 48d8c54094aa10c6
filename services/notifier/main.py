"""Wires the notifier."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from chassis.bus.base import Bus
from chassis.clock import Clock
from chassis.documents.typeset import typesetter
from chassis.http import include_signed
from chassis.runtime.blueprint import Blueprint, Worker
from chassis.runtime.instance import Instance, Probe, no_probe
from chassis.settings import Settings
from chassis.store.cached_states import LARGE_STATES_MAX
from contracts.words.streams import told_sources_stream
from services.notifier import mail_wiring
from services.notifier.adapters.outbox import FileOutbox
from services.notifier.api import callbacks, notices, posting, public_list, texts, unsubscribe
from services.notifier.bounced import Bounces
from services.notifier.calling import Calls
from services.notifier.dispatch import Dispatcher
from services.notifier.domain.aggregates import AGGREGATES
from services.notifier.figures import FIGURES
from services.notifier.gateways import require_secured, ways_of
from services.notifier.handlers import MESSAGES, WAKES
from services.notifier.prepare import Preparation
from services.notifier.publish import publish
from services.notifier.rendering.papers import Papers
from services.notifier.rendering.templates import Templates
from services.notifier.results import Asking, asked_of
from services.notifier.settings import NotifierSettings
from services.notifier.spending import Spending
from services.notifier.views import VIEWS
from services.notifier.ways import Way

MIGRATIONS = Path(__file__).parent / "migrations"


async def build(
    settings: Settings,
    *,
    clock: Clock,
    bus: Bus,
    dsn: str,
    strict: bool = False,
    own: NotifierSettings | None = None,
    probe: Probe = no_probe,
) -> Instance:
    """The notifier on a store and a bus; `own` are its settings, by default the environment's."""
    own = own or NotifierSettings()
    if own.outbox is None:
        own = own.model_copy(update={"outbox": settings.data_dir / "outbox"})
    require_secured(settings, own)
    if settings.fonts is not None and own.letters == "pdf":
        typesetter(settings.fonts)  # a folder that is named must do
    keys, tokens = callbacks.keys_of(own.callback_secrets), mail_wiring.tokens(own)
    service = await Instance.open(
        blueprint(own, clock.now, settings.fonts),
        settings,
        clock=clock,
        bus=bus,
        dsn=dsn,
        strict=strict,
        probe=probe,
    )
    include_signed(service.app, callbacks.router(service, keys, own.voice_calls_max))
    include_signed(service.app, public_list.router(service, own))
    include_signed(service.app, unsubscribe.router(service, tokens))
    return service


def blueprint(
    own: NotifierSettings, now: Callable[[], datetime], fonts: Path | None = None
) -> Blueprint:
    """The notifier's tables."""
    sending = dispatcher(own, now, fonts)
    return Blueprint(
        name="notifier",
        aggregates=AGGREGATES,
        messages=MESSAGES,
        wakes=WAKES,
        publish=publish,
        reads=("billing", "ledger", "dunning"),
        writes=("notifier",),
        views=VIEWS,
        sources_of=told_sources_stream,
        figures=FIGURES,
        kept_max=LARGE_STATES_MAX,
        routers=lambda service: (
            notices.router(service),
            posting.router(service, Papers(fonts), own),
            texts.router(service, Papers(fonts), own),
        ),
        workers=(sending, asking(sending.ways, own), *_bounces(own), *_receipts(own, sending.ways)),
        migrations=(MIGRATIONS,),
    )


def _bounces(own: NotifierSettings) -> Sequence[Bounces]:
    """What reads the mailbox that mail servers report to, where there is one."""
    box = mail_wiring.bounce_box(own)
    if box is None:
        return ()
    every = timedelta(seconds=own.bounce_seconds)
    return (Bounces(box, mail_wiring.envelopes(own), mail_wiring.tokens(own), every),)


def _receipts(own: NotifierSettings, ways: Mapping[str, Sequence[Way]]) -> Sequence[Worker]:
    """What hears from message centres, where there is one."""
    names = {one.name for one in own.sms_gateways if one.kind == "smpp"}
    if not names:
        return ()
    from services.notifier.receipts import receipts

    return (receipts([one for one in ways["sms"] if one.name in names]),)


def asking(ways: Mapping[str, Sequence[Way]], own: NotifierSettings) -> Asking:
    """What asks those of the gateways for results that can be asked."""
    asked = {name: asked_of(of) for name, of in ways.items()}
    known = {name: one for name, one in asked.items() if one}
    return Asking(known, bool(own.callback_secrets), own.voice_calls_max)


def dispatcher(
    own: NotifierSettings, now: Callable[[], datetime], fonts: Path | None = None
) -> Dispatcher:
    """The dispatcher with the gateways the settings name."""
    papers = Papers(fonts)
    folder = own.outbox or Path("data/outbox")
    outbox = FileOutbox(folder, now, papers, mail_wiring.links(own))
    ways = ways_of(own, now, papers, outbox)
    return Dispatcher(
        ways=ways,
        local=frozenset(name for name, (first, *_) in ways.items() if first.gateway is outbox),
        preparation=Preparation(Templates(own.templates), own, ways),
        calls=Calls(ways, outbox),
        spending=Spending(ways),
        batch_max=own.dispatch_batch_max,
    )
