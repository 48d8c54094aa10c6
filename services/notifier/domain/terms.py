"""A creditor's terms as far as notices depend on them."""

from datetime import date, time

import msgspec
from msgspec.structs import asdict

from chassis.owed import terms
from contracts import dunning
from contracts.words.addresses.phone import region_of
from contracts.words.streams import creditor_of
from contracts.words.workdays import WorkingDays

CONTACT_FROM = time(8)
CONTACT_UNTIL = time(20)
CONTACTS_MAX = 7


class TermsPublished(terms.TermsPublished, frozen=True, tag="terms_published"):
    """A creditor's policy came into force or changed."""

    contact_from: time = CONTACT_FROM
    contact_until: time = CONTACT_UNTIL
    contacts_max: int = CONTACTS_MAX
    calendar: str = ""
    closed_days: tuple[date, ...] = ()


class Terms(terms.Terms, frozen=True):
    """The terms with those of contacts: 08:00-20:00 local and seven contacts per case in seven days
    are rule 7 of the collection policies.
    """

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
    def country(self) -> str:
        """The country (ISO 3166) of the creditor's time zone; China where it is that of none."""
        return region_of(self.time_zone)


def initial_terms(stream: str) -> Terms:
    """Terms before anything was published."""
    return Terms(creditor_of(stream))


def published(data: dunning.TermsPublished) -> TermsPublished:
    """What a publication says; raises `Rejected` when there is no such time zone."""
    contact = data.contact
    own = {
        "contact_from": time.fromisoformat(contact.from_hour) if contact else CONTACT_FROM,
        "contact_until": time.fromisoformat(contact.until_hour) if contact else CONTACT_UNTIL,
        "contacts_max": contact.per_seven_days if contact else CONTACTS_MAX,
        "calendar": data.calendar or "",
        "closed_days": tuple(data.closed_days),
    }
    return msgspec.convert(asdict(terms.published(data)) | own, TermsPublished)
