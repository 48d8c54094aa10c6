"""A creditor's terms as far as notices depend on them."""

from datetime import date, time
from zoneinfo import ZoneInfo

from msgspec import Struct

from contracts.words.addresses.phone import region_of
from contracts.words.streams import creditor_of
from contracts.words.workdays import WorkingDays

CONTACT_FROM = time(8)
CONTACT_UNTIL = time(20)
CONTACTS_MAX = 7


class TermsPublished(Struct, frozen=True, tag="terms_published"):
    """A creditor's policy came into force or changed."""

    time_zone: str
    currency: str
    languages: tuple[str, ...]
    policy: str
    version: int
    name: str = ""
    contact_from: time = CONTACT_FROM
    contact_until: time = CONTACT_UNTIL
    contacts_max: int = CONTACTS_MAX
    calendar: str = ""
    closed_days: tuple[date, ...] = ()


class Terms(Struct, frozen=True):
    """Empty time zone: nothing is known of the creditor yet.

    Contact hours 08:00-20:00 local and seven contacts per case in seven days are rule 7 of the
    collection policies.
    """

    creditor: str
    time_zone: str = ""
    currency: str = ""
    languages: tuple[str, ...] = ()
    policy: str = ""
    version: int = 0
    name: str = ""
    contact_from: time = CONTACT_FROM
    contact_until: time = CONTACT_UNTIL
    contacts_max: int = CONTACTS_MAX
    calendar: str = ""
    closed_days: tuple[date, ...] = ()

    @property
    def working_days(self) -> WorkingDays:
        """The days on which the creditor works."""
        return WorkingDays(self.calendar, self.closed_days)

    @property
    def zone(self) -> ZoneInfo:
        """The creditor's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def country(self) -> str:
        """The country (ISO 3166) of the creditor's time zone; China where it is that of none."""
        return region_of(self.time_zone)


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
        contact_from=event.contact_from,
        contact_until=event.contact_until,
        contacts_max=event.contacts_max,
        calendar=event.calendar,
        closed_days=event.closed_days,
    )
