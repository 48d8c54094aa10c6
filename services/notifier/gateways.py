"""Chooses the gateways that the settings name; every other channel goes to files."""

import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx

from chassis.errors import Misconfigured
from chassis.plaintext import require_here, require_https
from chassis.settings import Settings
from chassis.tls import client_context
from chassis.tracing.calls import HOOKS
from contracts.words.vocabulary import CHANNELS
from services.notifier import mail_wiring
from services.notifier.adapters import aliyun_params
from services.notifier.adapters.aliyun import AliyunGateway, Key
from services.notifier.adapters.breaker import Breaker
from services.notifier.adapters.bucket import Bucket
from services.notifier.adapters.gateway import Gateway
from services.notifier.adapters.outbox import FileOutbox
from services.notifier.adapters.sms import SmsGateway
from services.notifier.adapters.spend import Cap
from services.notifier.adapters.voice import VoiceGateway
from services.notifier.domain.parts import number_of_ascii_or_ucs2, number_of_parts
from services.notifier.rendering.papers import Papers
from services.notifier.settings import NotifierSettings
from services.notifier.settings.sms_gateways import SmsGatewaySettings
from services.notifier.ways import FILES, Way
from services.notifier.webhooks import key_of, long_enough

Now = Callable[[], datetime]
Ways = Mapping[str, Sequence[Way]]


def ways_of(own: NotifierSettings, now: Now, papers: Papers, outbox: FileOutbox) -> Ways:
    """The gateways of every channel that the settings name; every other channel goes to files."""
    given: dict[str, Sequence[Way]] = {}
    if own.smtp_host:
        given["email"] = (_way(own, "smtp", mail_wiring.smtp(own, now, papers)),)
    if own.sms_gateways:
        given["sms"] = _several(own, now)
    elif own.sms_url:
        given["sms"] = (_way(own, "sms", _sms(own, now)),)
    if own.voice_url:
        given["voice"] = (_way(own, "voice", _voice(own, now)),)
    return {name: given.get(name) or (_way(own, FILES, outbox),) for name in CHANNELS}


def require_secured(settings: Settings, own: NotifierSettings) -> None:
    """Raise `Misconfigured` where notices would leave in plain text that is not allowed."""
    if own.smtp_host and own.smtp_tls == "none":
        instead = "set ARREARS_NOTIFIER_SMTP_TLS to starttls or tls"
        require_here(settings.plaintext, "smtp", own.smtp_host, instead)
    if own.bounce_mailbox in {"imap", "pop3"} and own.bounce_tls == "none":
        instead = "set ARREARS_NOTIFIER_BOUNCE_TLS to starttls or tls"
        require_here(settings.plaintext, "smtp", own.bounce_host, instead)
    if own.sms_url:
        require_https(settings.plaintext, "sms", own.sms_url, "ARREARS_NOTIFIER_SMS_URL")
    for one in own.sms_gateways:
        which = f"the url of SMS gateway {one.name}"
        if one.kind != "smpp":
            require_https(settings.plaintext, "sms", one.url, which)
        elif urlsplit(one.url).scheme != "smpps":
            host = urlsplit(one.url).hostname or ""
            require_here(settings.plaintext, "sms", host, f"give {which} as smpps")
    if own.voice_url:
        require_https(settings.plaintext, "voice", own.voice_url, "ARREARS_NOTIFIER_VOICE_URL")
    if own.voice_callback_url:
        which = "ARREARS_NOTIFIER_VOICE_CALLBACK_URL"
        require_https(settings.plaintext, "voice", own.voice_callback_url, which)


def _way(own: NotifierSettings, name: str, gateway: Gateway) -> Way:
    pause = timedelta(seconds=own.gateway_pause_seconds)
    return Way(name, gateway, Breaker(own.gateway_failures_max, pause))


def _several(own: NotifierSettings, now: Now) -> Sequence[Way]:
    names = [one.name for one in own.sms_gateways]
    if len({*names}) < len(names):
        raise Misconfigured("ARREARS_NOTIFIER_SMS_GATEWAYS: two gateways have the same name")
    return [_listed(own, one, now) for one in own.sms_gateways]


def _listed(own: NotifierSettings, given: SmsGatewaySettings, now: Now) -> Way:
    """A gateway of the list, with its rate and what it may cost."""
    which = f"SMS gateway {given.name}"
    make = {"http": _http, "smpp": _smpp, "aliyun": _aliyun}[given.kind]
    gateway = make(given, which, now)
    way = _way(own, given.name, gateway)
    way.values = aliyun_params.wanted(given.templates)
    if given.rate_per_second:
        way.bucket = Bucket(given.rate_per_second, given.burst)
    if given.price_per_part:
        zone = ZoneInfo(given.time_zone)
        units = number_of_ascii_or_ucs2 if given.kind == "smpp" else number_of_parts
        way.cap = Cap(given.name, given.price_per_part, given.spend_per_day, zone, units)
    elif given.spend_per_day:
        raise Misconfigured(f"{which}: price_per_part is wanted with spend_per_day")
    return way


def _smpp(given: SmsGatewaySettings, which: str, now: Now) -> Gateway:
    from services.notifier.smpp_wiring import smpp

    return smpp(given, which, _secret(given, which), now)


def _http(given: SmsGatewaySettings, which: str, now: Now) -> Gateway:
    secret = _secret(given, which)
    long_enough(secret.encode(), which)
    client = _client(given, which)
    return SmsGateway(client, url=given.url, key_id=given.key_id, secret=secret, now=now)


def _aliyun(given: SmsGatewaySettings, which: str, now: Now) -> Gateway:
    if not given.templates:
        raise Misconfigured(f"{which}: templates are wanted")
    aliyun_params.require_known(which, given.templates)
    key = Key(given.key_id, _secret(given, which))
    client = _client(given, which)
    return AliyunGateway(client, url=given.url, key=key, templates=given.templates, now=now)


def _client(given: SmsGatewaySettings, which: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        timeout=given.timeout_seconds,
        follow_redirects=False,
        event_hooks=HOOKS,
        verify=client_context(which, given.ca_file, given.cert_file, given.key_file),
    )


def _secret(given: SmsGatewaySettings, which: str) -> str:
    secret = given.secret.get_secret_value()
    if given.secret_file is not None:
        try:
            secret = given.secret_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(f"{which}: secret_file cannot be read") from error
    if not secret:
        raise Misconfigured(f"{which}: secret or secret_file is wanted")
    return secret


def _sms(own: NotifierSettings, now: Now) -> SmsGateway:
    secret = own.sms_secret.get_secret_value()
    if not secret:
        raise Misconfigured("ARREARS_NOTIFIER_SMS_SECRET is wanted with ARREARS_NOTIFIER_SMS_URL")
    long_enough(secret.encode(), "ARREARS_NOTIFIER_SMS_SECRET")
    # Redirects are not followed: a provider that moves is set anew, by a person.
    client = httpx.AsyncClient(
        timeout=own.sms_timeout_seconds,
        follow_redirects=False,
        event_hooks=HOOKS,
        verify=_sms_context(own),
    )
    return SmsGateway(client, url=own.sms_url, key_id=own.sms_key_id, secret=secret, now=now)


def _sms_context(own: NotifierSettings) -> ssl.SSLContext:
    return client_context(
        "ARREARS_NOTIFIER_SMS", own.sms_ca_file, own.sms_cert_file, own.sms_key_file
    )


def _voice(own: NotifierSettings, now: Now) -> VoiceGateway:
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
