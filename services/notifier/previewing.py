"""A notice as it would be written: to a debtor that does not exist, or to that of an account."""

from dataclasses import dataclass, replace

import msgspec

from chassis.errors import Malformed, NotFound
from chassis.runtime.service import Service
from contracts.words.streams import Subject, account_stream, terms_stream
from services.notifier.domain.destinations import Profile, destinations, postal
from services.notifier.domain.state import Account
from services.notifier.domain.terms import Terms
from services.notifier.domain.texts import NO_TEXTS, Place, Texts
from services.notifier.rendering.compose import Letter
from services.notifier.rendering.samples import SAMPLES, sample_letter
from services.notifier.settings import NotifierSettings

_UNUSED = ""


@dataclass(frozen=True)
class Wanted:
    """What is to be shown: a place's text with a sample, or an account's own figures."""

    creditor: str
    place: Place
    texts: Texts = NO_TEXTS
    sample: str = "person"
    account: str | None = None


async def letter_for(service: Service, settings: NotifierSettings, wanted: Wanted) -> Letter:
    """The notice; raises `NotFound` where nothing is known of the account's debtor."""
    letter = sample_letter(wanted.place, _UNUSED, SAMPLES[wanted.sample])
    letter = replace(letter, texts=wanted.texts)
    if wanted.account is None:
        return letter
    subject = Subject(wanted.creditor, wanted.account)
    state: Account
    state, _ = await service.read(account_stream(*subject))
    terms: Terms
    terms, _ = await service.read(terms_stream(subject.creditor, service.lane_of(*subject)))
    keys = await service.keys([subject])
    if not state.profile or state.erased or not terms.time_zone:
        raise NotFound(f"nothing is known of the debtor of account {subject.account}")
    profile = msgspec.convert(keys.open(subject, state.profile, "profile"), Profile)
    now = service.clock.now()
    # As it is now, in the language of the text.
    notice = msgspec.structs.replace(
        letter.notice,
        requested_at=now,
        ledger_version=0,
        respond_by=None,
        needs_overdue=state.ledger.oldest_due_on is not None,
    )
    region = settings.region or terms.country
    to = destinations(profile, notice.channel, notice.recipients, region, state.failed)
    return Letter(
        sender=settings.sender(subject.creditor),
        account=state,
        notice=notice,
        profile=msgspec.structs.replace(profile, language=wanted.place.language),
        terms=terms,
        to=to[0].address if to else postal(profile),
        today=now.astimezone(terms.zone).date(),
        details={key: keys.open(subject, one, "details") for key, one in state.details.items()},
        texts=wanted.texts,
    )


def require_paper(place: Place) -> None:
    """Raise `Malformed` for what is no letter."""
    if place.group != "paper":
        raise Malformed("group: only paper is set as PDF")
