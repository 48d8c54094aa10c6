"""A creditor's terms as far as documents depend on them."""

from zoneinfo import ZoneInfo

from msgspec import Struct

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


def initial_terms(stream: str) -> Terms:
    """Terms of `terms-{creditor}@{lane}` before anything was published."""
    return Terms(creditor=creditor_of(stream))


def evolve_terms(state: Terms, event: TermsPublished) -> Terms:
    """The latest publication counts as a whole."""
    return Terms(
        creditor=state.creditor,
        time_zone=event.time_zone,
        currency=event.currency,
        languages=event.languages,
        policy=event.policy,
        version=event.version,
        name=event.name,
    )
