"""The moment of sending: whether a notice goes now, what it says and where it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from chassis.errors import BrokenInvariant, Malformed
from chassis.logging import get_logger
from chassis.store.work import Work
from contracts.words.streams import Subject, account_stream, terms_stream, texts_stream
from contracts.words.vocabulary import PAPER_CHANNELS
from services.notifier.adapters.gateway import Parcel
from services.notifier.domain import commands as c
from services.notifier.domain.contact import window_end
from services.notifier.domain.decide import decide
from services.notifier.domain.destinations import (
    Destination,
    Profile,
    destinations,
    masked,
    place_of,
    postal,
)
from services.notifier.domain.state import Account, OpenNotice
from services.notifier.domain.terms import Terms
from services.notifier.rendering.compose import Content, Letter, compose
from services.notifier.rendering.plain import plain
from services.notifier.rendering.sheet import Sheet, sheet_of
from services.notifier.rendering.templates import Templates
from services.notifier.settings import NotifierSettings
from services.notifier.ways import Wait, Way, choose, take

log = get_logger(__name__)


@dataclass(frozen=True)
class Preparation:
    """Takes a ready notice to the point where its gateway may be called; `ways` by channel."""

    templates: Templates
    settings: NotifierSettings
    ways: Mapping[str, Sequence[Way]]

    def begin(self, work: Work, creditor: str, account: str, notice_id: str) -> Parcel | None:
        """Decide, at the moment of sending, whether a notice goes; commit to it when it does."""
        stream = account_stream(creditor, account)
        notice = work.state(stream).open.get(notice_id)
        if notice is None or notice.stage != "ready":
            return None
        terms: Terms = work.state(terms_stream(creditor, work.lane))
        if self._went_out_earlier(work, stream, notice, terms):
            return None
        costs = self.settings.costs(creditor)
        if _append(work, stream, c.ChooseChannel(notice_id, costs)):
            return None  # it stays ready, by the channel chosen
        subject = Subject(creditor, account)
        sealed = work.state(stream).profile
        known = work.open(subject, sealed, "profile") if sealed else None
        profile = Profile() if known is None else msgspec.convert(known, Profile)
        if self._is_stopped(work, stream, notice, terms, profile.time_zone):
            return None
        to = self._destination(work, stream, notice, profile, terms)
        if to is None:
            _append(work, stream, c.SuppressNotice(notice_id, "no_address"))
            return None
        written = self._written(work, stream, notice, profile, terms, to.address)
        if written is None:
            return None
        letter, content, sheet = written
        way = self._way(work, stream, notice, content.body)
        if way is None:
            return None
        content = replace(content, values=_values(letter, way))
        charge = way.charge(content.body, work.now)
        attempt = c.AttemptNotice(
            notice_id=notice.notice_id,
            to_masked=masked(content.to, notice.channel),
            sha256=work.keys.proof(content.said),
            content=work.seal(subject, msgspec.to_builtins(content), "content"),
            place=to.place,
            now=work.now,
            day=work.now.astimezone(terms.zone).date(),
            gateway=way.name,
            charge=charge,
            template=content.template,
        )
        take(way, charge, work.now)
        _append(work, stream, attempt)
        parcel = parcel_of(work.state(stream), notice_id, content)
        return replace(parcel, sheet=sheet, until=window_end(work.now, terms, profile.time_zone))

    def _went_out_earlier(self, work: Work, stream: str, notice: OpenNotice, terms: Terms) -> bool:
        """Whether it is one that was sent in a time this store no longer knows; its copies to
        further addresses are asked for all the same.
        """
        state: Account = work.state(stream)
        found = decide(state, c.TakeEarlier(notice.notice_id, work.now))
        if found:
            if state.profile:
                opened = work.open(Subject(state.creditor, state.account), state.profile, "profile")
                profile = msgspec.convert(opened, Profile)
                self._destination(work, stream, notice, profile, terms)
            work.append(stream, found)
        return bool(found)

    def _is_stopped(
        self, work: Work, stream: str, notice: OpenNotice, terms: Terms, zone: str
    ) -> bool:
        """Whether the rules, or gateways that may not be called, stand in its way."""
        if _append(work, stream, c.CheckNotice(notice.notice_id, terms, work.now, zone)):
            return True
        return self._way(work, stream, notice, "") is None

    def _way(self, work: Work, stream: str, notice: OpenNotice, text: str) -> Way | None:
        """The gateway to call; without one the notice waits. For a gateway's rate it stays ready:
        the dispatcher comes back to it.
        """
        found = choose(self.ways[notice.channel], notice.tried, work.now, text)
        if not isinstance(found, Wait):
            return found
        if found.reason != "rate":
            _append(work, stream, c.HoldBack(notice.notice_id, found.until, found.reason))
        return None

    def _written(
        self,
        work: Work,
        stream: str,
        notice: OpenNotice,
        profile: Profile,
        terms: Terms,
        to: str,
    ) -> tuple[Letter, Content, Sheet | None] | None:
        """What is written, and how it stands on a letter; when that cannot be said the notice ends
        here.
        """
        state: Account = work.state(stream)
        subject = Subject(state.creditor, state.account)
        letter = Letter(
            sender=self.settings.sender(state.creditor),
            account=state,
            notice=notice,
            profile=profile,
            terms=terms,
            to=to,
            today=work.now.astimezone(terms.zone).date(),
            details={key: work.open(subject, one, "details") for key, one in state.details.items()},
            texts=work.state(texts_stream(state.creditor)),
            masked=self.settings.masked_of(state.creditor),
        )
        try:
            return letter, compose(self.templates, letter), self._sheet(letter)
        # whatever is wrong with it, one notice fails and the others go on
        except Exception as error:  # noqa: BLE001
            log.warning("notice_unwritable", stream=stream, error=error)
            _append(work, stream, c.GiveUpNotice(notice.notice_id, "template"))
            return None

    def _sheet(self, letter: Letter) -> Sheet | None:
        if self.settings.letters == "text":
            return None
        if letter.notice.channel in PAPER_CHANNELS:
            return sheet_of(self.templates, letter)
        is_attached = letter.notice.purpose in self.settings.email_letters
        return self._attached(letter) if letter.notice.channel == "email" and is_attached else None

    def _attached(self, letter: Letter) -> Sheet | None:
        """The letter that goes with an e-mail, which goes without when there is none to write."""
        posted = replace(letter, to=postal(letter.profile) or letter.to)
        try:
            return sheet_of(self.templates, posted)
        except Malformed as error:
            log.warning("letter_not_set", account=letter.account.account, error=error)
            return None

    def _destination(
        self, work: Work, stream: str, notice: OpenNotice, profile: Profile, terms: Terms
    ) -> Destination | None:
        state: Account = work.state(stream)
        subject = Subject(state.creditor, state.account)
        region = self.settings.region or terms.country
        if notice.destination:
            fixed: str = work.open(subject, notice.destination, "address")
            return Destination(place_of(profile, notice.channel, region, fixed), fixed)
        found = destinations(profile, notice.channel, notice.recipients, region, state.failed)
        if not found:
            return None
        if notice.attempts == 0 and len(found) > 1:
            others = tuple(work.seal(subject, one.address, "address") for one in found[1:])
            _append(work, stream, c.SplitNotice(notice.notice_id, others))
        return found[0]


def _append(work: Work, stream: str, command: c.Command) -> bool:
    """Append what follows from a command; answers whether anything does."""
    events = decide(work.state(stream), command)
    work.append(stream, events)
    return bool(events)


def _values(letter: Letter, way: Way) -> dict[str, str]:
    """Those of a notice that a gateway wants: nothing is handed over, or kept, beyond them."""
    found = plain(letter) if way.values else {}
    return {name: found[name] for name in sorted(way.values)}


def parcel_of(state: Account, notice_id: str, content: Content) -> Parcel:
    """A notice as its attempt handed it over."""
    notice = state.open[notice_id]
    if notice.day is None:
        raise BrokenInvariant(f"notice {notice_id} was never attempted")
    return Parcel(
        notice_id=notice_id,
        creditor=state.creditor,
        account=state.account,
        channel=notice.channel,
        day=notice.day,
        to=content.to,
        name=content.name,
        subject=content.subject,
        body=content.body,
        purpose=notice.purpose,
        language=content.language,
        call=notice.calls + 1,
        gateway=notice.gateway,
        tried=notice.tried,
        charge=notice.charge,
        values=content.values,
    )
