"""A creditor's terms as far as its debtors' notices and documents depend on them."""

from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from chassis.errors import Rejected
from chassis.store.aggregate import unknown_event
from contracts import dunning
from contracts.words.streams import creditor_of


class TermsPublished(Struct, frozen=True, tag="terms_published"):
    """A creditor's policy came into force or changed."""

    time_zone: str
    currency: str
    languages: tuple[str, ...]
    policy: str
    version: int
    name: str = ""


class Terms(Struct, frozen=True):
    """Empty time zone: nothing is known of the creditor yet."""

    creditor: str
    time_zone: str = ""
    currency: str = ""
    languages: tuple[str, ...] = ()
    policy: str = ""
    version: int = 0
    name: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The creditor's time zone."""
        return ZoneInfo(self.time_zone)


T = TypeVar("T", bound=Terms)


def initial_terms(stream: str) -> Terms:
    """Terms before anything was published."""
    return Terms(creditor_of(stream))


def published(data: dunning.TermsPublished) -> TermsPublished:
    """What a publication says; raises `Rejected` when there is no such time zone."""
    return TermsPublished(
        time_zone=_zone(data.time_zone),
        currency=data.currency,
        languages=tuple(data.languages),
        policy=data.policy,
        version=data.version,
        name=data.name or "",
    )


def evolve_terms(state: T, event: TermsPublished) -> T:
    """The terms after a publication, which counts as a whole: it has every field but the
    creditor.
    """
    if not isinstance(event, TermsPublished):
        raise unknown_event(event)
    return msgspec.convert(asdict(state) | asdict(event), type(state))


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Rejected(f"time_zone: there is no time zone '{name}'") from error
    return name
