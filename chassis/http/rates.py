"""How often somebody may ask: a bucket of permissions for each token and each creditor, which fills
again as time passes.

The buckets are this process's own: a service in three processes takes three times as much.
"""

import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.http.auth import Principal
from chassis.http.middleware import is_open
from chassis.http.problems import problem
from chassis.settings import Settings

BURST_SECONDS = 20
"""What was not used in so many seconds may be used at once."""
BUCKETS_MAX = 10_000
"""The buckets kept: those used last. One that is dropped was full, or nearly so."""
INTAKE_PREFIX = "/v1/events"
_CREDITOR = re.compile(r"/v1/creditors/([^/]{1,128})")
_QUERY_MAX = 4_096

Key = tuple[str, str]


class Buckets:
    """One bucket for each key, all filled at their own rate (permissions per second)."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._buckets: OrderedDict[Key, tuple[float, float]] = OrderedDict()

    def take(self, key: Key, rate: float) -> float:
        """Take one permission; answers how many seconds too early this is, 0 when it was given."""
        if rate <= 0:
            return 0
        now = self._monotonic()
        most = max(1.0, rate * BURST_SECONDS)
        left, at = self._buckets.pop(key, (most, now))
        left = min(most, left + (now - at) * rate)
        given = left >= 1
        self._buckets[key] = (left - 1 if given else left, now)
        if len(self._buckets) > BUCKETS_MAX:
            self._buckets.popitem(last=False)
        return 0 if given else (1 - left) / rate

    def __len__(self) -> int:
        return len(self._buckets)


@dataclass(frozen=True)
class Rates:
    """Requests per second for a token, for a creditor, and for a token at the door of events."""

    token: float
    creditor: float
    intake: float

    @classmethod
    def of(cls, settings: Settings) -> "Rates":
        """As they are set."""
        return cls(settings.token_rate, settings.creditor_rate, settings.intake_rate)


class RateLimit:
    """429 for whoever asks more often than it may, with the seconds to wait in `Retry-After`.

    It stands behind the gate and in front of the body. Where no token is needed the client's
    address stands for it.
    """

    def __init__(
        self, app: ASGIApp, rates: Rates, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._rates = rates
        self._buckets = Buckets(monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and not is_open(scope):
            for whose, key, rate in self._limits(scope):
                wait = self._buckets.take(key, rate)
                if wait > 0:
                    await _refusal(whose, rate, wait)(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    def _limits(self, scope: Scope) -> list[tuple[str, Key, float]]:
        principal = scope.get("state", {}).get("principal")
        if not isinstance(principal, Principal):
            return [("address", ("address", _address(scope)), self._rates.token)]
        whose = f"{principal.issuer}\n{principal.subject}"
        if scope["path"].startswith(INTAKE_PREFIX):
            limits = [("token", ("intake", whose), self._rates.intake)]
        else:
            limits = [("token", ("token", whose), self._rates.token)]
        creditor = _creditor_of(scope, principal)
        if creditor is not None:
            limits.append(("creditor", ("creditor", creditor), self._rates.creditor))
        return limits


def _creditor_of(scope: Scope, principal: Principal) -> str | None:
    """The creditor a request is about, if the token covers it: nobody uses up another's."""
    found = _CREDITOR.match(scope["path"])
    named = found[1] if found else _in_query(scope["query_string"])
    if named is None:
        alone = len(principal.creditors) == 1 and not principal.sees_all
        return next(iter(principal.creditors)) if alone else None
    return named if principal.may_see(named) else None


def _in_query(query: bytes) -> str | None:
    if b"creditor=" not in query or len(query) > _QUERY_MAX:
        return None
    return parse_qs(query.decode("latin-1")).get("creditor", [None])[-1]


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _refusal(whose: str, rate: float, wait: float) -> ASGIApp:
    return problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"this {whose} may ask {rate:g} times a second",
        headers={"Retry-After": str(math.ceil(wait))},
    )
