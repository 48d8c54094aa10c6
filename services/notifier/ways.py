"""The gateways of a channel in the order in which they are tried, each with what holds it back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from services.notifier.adapters.breaker import Breaker
from services.notifier.adapters.bucket import Bucket
from services.notifier.adapters.gateway import Gateway
from services.notifier.adapters.spend import Cap
from services.notifier.domain.charges import Charge

FILES = "files"
"""The name of the file outbox."""


@dataclass
class Way:
    """One gateway of a channel. A way without `bucket` takes any number of calls, one without `cap`
    costs nothing. `values` are the names of those that it wants beside the text.
    """

    name: str
    gateway: Gateway
    breaker: Breaker
    bucket: Bucket | None = None
    cap: Cap | None = None
    values: frozenset[str] = frozenset()

    def charge(self, text: str, now: datetime) -> Charge | None:
        """What a text costs here."""
        return None if self.cap is None else self.cap.charge(text, now)


class Wait(NamedTuple):
    """Why no gateway of a channel may be called, and until when."""

    until: datetime
    reason: Literal["rate", "gateway", "spend"]


def choose(ways: Sequence[Way], tried: Collection[str], now: datetime, text: str) -> Way | Wait:
    """The first gateway that may be called with a text now, of those that were not `tried` where
    there are others.
    """
    untried = [one for one in ways if one.name not in tried] or ways
    waits = []
    for way in untried:
        wait = wait_of(way, now, text)
        if wait is None:
            return way
        waits.append(wait)
    return min(waits, key=lambda one: one.until)


def wait_of(way: Way, now: datetime, text: str) -> Wait | None:
    """What keeps a gateway from being called with a text now."""
    if (until := way.breaker.blocked_until(now)) is not None:
        return Wait(until, "gateway")
    if way.cap is not None:
        amount = way.cap.charge(text, now).amount
        if (until := way.cap.blocked_until(now, amount)) is not None:
            return Wait(until, "spend")
    if way.bucket is not None and (until := way.bucket.free_at(now)) is not None:
        return Wait(until, "rate")
    return None


def take(way: Way, charge: Charge | None, now: datetime) -> None:
    """Count a call that is about to be made."""
    if way.bucket is not None:
        way.bucket.take(now)
    if way.cap is not None and charge is not None:
        way.cap.add(charge)


def is_elsewhere(ways: Sequence[Way], tried: Collection[str], now: datetime) -> bool:
    """Whether another gateway of the channel may be tried at once."""
    return any(
        one.name not in tried and one.breaker.blocked_until(now) is None and not _is_spent(one, now)
        for one in ways
    )


def room(ways: Sequence[Way], now: datetime) -> int | None:
    """How many notices the gateways of a channel may get now; `None` for any number."""
    number = 0
    for way in ways:
        if way.bucket is None:
            return None
        number += way.bucket.room(now)
    return number


def free_at(ways: Sequence[Way], now: datetime) -> datetime | None:
    """When a gateway of a channel that has no room gets some; `None` where there is room now."""
    frees = [now if one.bucket is None else one.bucket.free_at(now) or now for one in ways]
    first = min(frees, default=now)
    return first if first > now else None


def _is_spent(way: Way, now: datetime) -> bool:
    return way.cap is not None and way.cap.blocked_until(now, way.cap.price) is not None
