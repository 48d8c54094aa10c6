"""Wires the notifier: the only place that chooses gateways."""

import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from chassis.bus.base import Bus
from chassis.clock import Clock
from chassis.documents.typeset import typesetter
from chassis.errors import Misconfigured
from chassis.http import include_signed
from chassis.plaintext import require_here, require_https
from chassis.runtime.blueprint import Blueprint
from chassis.runtime.instance import Instance, Probe, no_probe
from chassis.settings import Settings
from chassis.store.cached_states import LARGE_STATES_MAX
from chassis.tls import client_context
from chassis.tracing.calls import HOOKS
from contracts.words.streams import told_sources_stream
from contracts.words.vocabulary import CHANNELS
from services.notifier import mail_wiring
from services.notifier.adapters.breaker import Breaker
from services.notifier.adapters.gateway import Asked, Gateway
from services.notifier.adapters.outbox import FileOutbox
from services.notifier.adapters.sms import SmsGateway
from services.notifier.adapters.voice import VoiceGateway
from services.notifier.api import callbacks, notices, posting, public_list, unsubscribe
from services.notifier.bounced import Bounces
from services.notifier.dispatch import Dispatcher
from services.notifier.domain.aggregates import AGGREGATES
from services.notifier.figures import FIGURES
from services.notifier.handlers import MESSAGES, WAKES
from services.notifier.prepare import Preparation
from services.notifier.publish import publish
from services.notifier.rendering.papers import Papers
from services.notifier.rendering.templates import Templates
from services.notifier.results import Asking
from services.notifier.settings import NotifierSettings
from services.notifier.views import VIEWS
from services.notifier.webhooks import key_of

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
    _require_secured(settings, own)
    if settings.fonts is not None and own.letters == "pdf":
        typesetter(settings.fonts)  # a folder that is named must do
    service = await Instance.open(
        blueprint(own, clock.now, settings.fonts),
        settings,
        clock=clock,
        bus=bus,
        dsn=dsn,
        strict=strict,
        probe=probe,
    )
    include_signed(
        service.app, callbacks.router(service, own.callback_secrets, own.voice_calls_max)
    )
    include_signed(service.app, public_list.router(service, own))
    include_signed(service.app, unsubscribe.router(service, mail_wiring.tokens(own)))
    return service


def _require_secured(settings: Settings, own: NotifierSettings) -> None:
    if own.smtp_host and own.smtp_tls == "none":
        instead = "set ARREARS_NOTIFIER_SMTP_TLS to starttls or tls"
        require_here(settings.plaintext, "smtp", own.smtp_host, instead)
    if own.bounce_mailbox in {"imap", "pop3"} and own.bounce_tls == "none":
        instead = "set ARREARS_NOTIFIER_BOUNCE_TLS to starttls or tls"
        require_here(settings.plaintext, "smtp", own.bounce_host, instead)
    if own.sms_url:
        require_https(settings.plaintext, "sms", own.sms_url, "ARREARS_NOTIFIER_SMS_URL")
    if own.voice_url:
        require_https(settings.plaintext, "voice", own.voice_url, "ARREARS_NOTIFIER_VOICE_URL")


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
        ),
        workers=(sending, asking(sending.gateways, own), *_bounces(own)),
        migrations=(MIGRATIONS,),
    )


def _bounces(own: NotifierSettings) -> Sequence[Bounces]:
    """What reads the mailbox that mail servers report to, where there is one."""
    box = mail_wiring.bounce_box(own)
    if box is None:
        return ()
    every = timedelta(seconds=own.bounce_seconds)
    return (Bounces(box, mail_wiring.envelopes(own), mail_wiring.tokens(own), every),)


def asking(gateways: Mapping[str, Gateway], own: NotifierSettings) -> Asking:
    """What asks those of the gateways for results that can be asked."""
    asked = {name: one for name, one in gateways.items() if isinstance(one, Asked)}
    return Asking(asked, bool(own.callback_secrets), own.voice_calls_max)


def dispatcher(
    own: NotifierSettings, now: Callable[[], datetime], fonts: Path | None = None
) -> Dispatcher:
    """The dispatcher with the gateways the settings name; every other channel goes to files."""
    papers = Papers(fonts)
    outbox = FileOutbox(own.outbox or Path("data/outbox"), now, papers)
    gateways: dict[str, Gateway] = dict.fromkeys(CHANNELS, outbox)
    if own.smtp_host:
        gateways["email"] = mail_wiring.smtp(own, now, papers)
    if own.sms_url:
        gateways["sms"] = _sms(own, now)
    if own.voice_url:
        gateways["voice"] = _voice(own, now)
    pause = timedelta(seconds=own.gateway_pause_seconds)
    breakers: dict[str, Breaker] = {
        name: Breaker(own.gateway_failures_max, pause) for name in CHANNELS
    }
    return Dispatcher(
        gateways=gateways,
        local=frozenset(name for name, one in gateways.items() if one is outbox),
        preparation=Preparation(Templates(own.templates), own, breakers),
        breakers=breakers,
        batch_max=own.dispatch_batch_max,
    )


def _sms(own: NotifierSettings, now: Callable[[], datetime]) -> SmsGateway:
    secret = own.sms_secret.get_secret_value()
    if not secret:
        raise Misconfigured("ARREARS_NOTIFIER_SMS_SECRET is wanted with ARREARS_NOTIFIER_SMS_URL")
    # Redirects are not followed: a provider that moves is set anew, by a person.
    client = httpx.AsyncClient(
        timeout=own.sms_timeout_seconds,
        follow_redirects=False,
        event_hooks=HOOKS,
        verify=_sms_context(own),
    )
    return SmsGateway(client, url=own.sms_url, key_id=own.sms_key_id, secret=secret, now=now)


def _voice(own: NotifierSettings, now: Callable[[], datetime]) -> VoiceGateway:
    secret = own.voice_secret.get_secret_value()
    if not secret:
        raise Misconfigured(
            "ARREARS_NOTIFIER_VOICE_SECRET is wanted with ARREARS_NOTIFIER_VOICE_URL"
        )
    client = httpx.AsyncClient(
        timeout=own.voice_timeout_seconds,
        follow_redirects=False,
        event_hooks=HOOKS,
        verify=client_context("ARREARS_NOTIFIER_VOICE", own.voice_ca_file),
    )
    return VoiceGateway(
        client,
        url=own.voice_url,
        key=key_of(secret, "ARREARS_NOTIFIER_VOICE_SECRET"),
        callback=own.voice_callback_url,
        now=now,
    )


def _sms_context(own: NotifierSettings) -> ssl.SSLContext:
    return client_context(
        "ARREARS_NOTIFIER_SMS", own.sms_ca_file, own.sms_cert_file, own.sms_key_file
    )
