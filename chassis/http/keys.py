"""The public keys tokens are checked with, picked by key id, for as long as they count."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from chassis.errors import Transient
from chassis.logging import get_logger

ALGORITHMS = ("EdDSA", "ES256", "PS256", "RS256")
_RSA_BITS_MIN = 2048
_SECONDS = 300.0
_STALE_SECONDS = 86_400.0
_REFRESH_SECONDS_MIN = 30.0
_AHEAD = 0.75
"""After this part of their life keys are loaded again, while requests go on with those there are.
"""
TODO = (
    "see ARREARS_OIDC_ISSUER, ARREARS_JWKS_URL or ARREARS_JWKS_FILE: once the last good keys are "
    "too old, nobody is let in"
)
"""What an operator does about keys that are not loaded."""
_log = get_logger("chassis.http.keys")


@dataclass(frozen=True)
class KeySet:
    """A JWKS, and for how many seconds whoever gave it said that it holds; None: said nothing."""

    document: Mapping[str, Any]
    seconds: float | None = None


Load = Callable[[], Awaitable[KeySet]]


class Keys:
    """The keys of one JWKS. It is loaded when first wanted, when a token names an unknown key, and
    again and again: what is withdrawn no longer counts after `seconds`, or fewer if whoever gave
    the set says so.

    At most one load is under way, and at most one is begun in `refresh_seconds_min`: neither many
    requests nor invented key ids reach the provider. While it does not answer, the last good set
    goes on counting, for `stale_seconds` more; no request waits for a provider that has failed.
    """

    def __init__(
        self,
        load: Load,
        *,
        seconds: float = _SECONDS,
        stale_seconds: float = _STALE_SECONDS,
        refresh_seconds_min: float = _REFRESH_SECONDS_MIN,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._seconds = seconds
        self._stale_seconds = stale_seconds
        self._refresh_seconds_min = min(refresh_seconds_min, seconds)
        self._monotonic = monotonic
        self._tried_at: float | None = None
        self._renew_at = 0.0
        self._until: float | None = None
        self._failed: Exception | None = None
        self._loading: asyncio.Task[None] | None = None
        self._keys: dict[str, jwt.PyJWK] = {}

    async def get(self, kid: str) -> jwt.PyJWK | None:
        """The key of that id, or `None` when the JWKS does not hold it.

        Raises `Transient` when there is none to look in: it was never reached, or not for too long.
        """
        now = self._monotonic()
        if kid not in self._keys or now >= self._renew_at:
            self._begin(now)
        if self._loading is not None and not self._does_without(kid, now):
            await asyncio.shield(self._loading)  # for the others, if this caller goes away
        if self._until is None or now >= self._until + self._stale_seconds:
            raise Transient("the keys that tokens are checked with cannot be had") from self._failed
        return self._keys.get(kid)

    def _begin(self, now: float) -> None:
        """Begin to load, unless that is under way or was tried a moment ago."""
        soon = self._tried_at is not None and now - self._tried_at < self._refresh_seconds_min
        if self._loading is None and not soon:
            self._tried_at = now
            self._loading = asyncio.create_task(self._refresh(now))

    def _does_without(self, kid: str, now: float) -> bool:
        if self._until is None or kid not in self._keys:
            return False
        return now < self._until or self._failed is not None

    async def _refresh(self, now: float) -> None:
        try:
            given = await self._load()
            self._keys = _parse(given)
        except Exception as error:  # noqa: BLE001 - whatever it was, the last good keys go on
            self._failed = error
            _log.warning("keys_not_loaded", error=error, todo=TODO)
            if self._until is None:
                self._tried_at = None  # nothing is known yet: the next request may try at once
        else:
            self._failed = None
            seconds = self._counts(given)
            self._renew_at = now + seconds * _AHEAD
            self._until = now + seconds
        finally:
            self._loading = None

    def _counts(self, given: KeySet) -> float:
        said = self._seconds if given.seconds is None else given.seconds
        return max(self._refresh_seconds_min, min(said, self._seconds))


def _parse(given: KeySet) -> dict[str, jwt.PyJWK]:
    entries = given.document.get("keys")
    if not isinstance(entries, list):
        raise Transient("what was read is not a JWKS")
    found: dict[str, jwt.PyJWK] = {}
    for entry in entries:
        key = _key(entry) if isinstance(entry, dict) else None
        if key is not None and isinstance(key.key_id, str):
            found[key.key_id] = key
    return found


def _key(entry: Mapping[str, Any]) -> jwt.PyJWK | None:
    """The key of an entry; None for one that we do not use, whose tokens are of an unknown key."""
    if entry.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK.from_dict(dict(entry))
    except jwt.PyJWTError:
        return None
    if key.algorithm_name not in ALGORITHMS:
        return None
    weak = isinstance(key.key, RSAPublicKey) and key.key.key_size < _RSA_BITS_MIN
    return None if weak else key
