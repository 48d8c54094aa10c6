"""The authenticator that the settings describe."""

from chassis.clock import Clock
from chassis.http.auth import Authenticator
from chassis.http.key_sources import source
from chassis.http.keys import Keys
from chassis.settings import Settings


def authenticator(settings: Settings, clock: Clock | None = None) -> Authenticator:
    """The authenticator of the settings; makes the development key when they name no other, and
    raises `Misconfigured` as `key_sources.source` does.
    """
    keys = Keys(
        source(settings),
        seconds=settings.jwks_seconds,
        stale_seconds=settings.jwks_stale_seconds,
    )
    return Authenticator(
        keys,
        issuer=settings.token_issuer,
        audience=settings.audience,
        seconds_max=settings.token_seconds_max,
        clock=clock,
    )
