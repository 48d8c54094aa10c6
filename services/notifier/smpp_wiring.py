"""What a message centre needs, as the settings say; imported only where one is set."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from smpp34 import Client

from chassis.errors import Misconfigured
from services.notifier.adapters.smpp import SmppGateway
from services.notifier.adapters.smpp_link import Link
from services.notifier.settings.sms_gateways import SmsGatewaySettings

_WINDOW = 10
"""Submits without an answer at the same time."""


def smpp(
    given: SmsGatewaySettings, which: str, secret: str, now: Callable[[], datetime]
) -> SmppGateway:
    """A gateway that binds to a message centre as transceiver."""
    where = urlsplit(given.url)
    host, port = where.hostname, where.port or 2775
    if where.scheme not in ("smpp", "smpps") or not host:
        raise Misconfigured(f"{which}: url is smpp://host:port or smpps://host:port")

    def make() -> Client:
        return Client(
            host,
            port,
            given.key_id,
            secret,
            bind_type="TRX",
            tls=where.scheme == "smpps",
            window_size=_WINDOW,
            connect_timeout_ms=int(given.timeout_seconds * 1000),
        )

    link = Link(make, now)
    return SmppGateway(link, given.source, given.receipt_ids, given.timeout_seconds)
