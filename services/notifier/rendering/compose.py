"""The text of one notice for one address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from chassis.owed.amounts import Owed, OwedItem
from chassis.owed.gate import is_fresh
from contracts.words.formats import day, item_name, language_of, money, one_line
from contracts.words.vocabulary import PAPER_CHANNELS, Masking
from services.notifier.domain.amounts import Asked, asked, told_due_on
from services.notifier.domain.destinations import PUBLIC_ADDRESS, Profile
from services.notifier.domain.masking import chosen, masked_name
from services.notifier.domain.state import Account, OpenNotice
from services.notifier.domain.terms import Terms
from services.notifier.domain.texts import NO_TEXTS, Texts, Version
from services.notifier.rendering.shorten import shortened
from services.notifier.rendering.templates import GROUPS, Templates
from services.notifier.settings import Sender

SMS_CHARACTERS_MAX = 500
"""Seven or eight parts of a long message in Chinese; more is refused by most gateways."""

_REPLY_DAYS = 7
_WHERE = ("time", "place")


@dataclass(frozen=True)
class Content:
    """What a gateway is handed; `values` by name for one that puts them into a text of its own."""

    to: str
    name: str
    subject: str
    body: str
    language: str = ""
    representative: str = ""
    template: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """What was said, subject and body: its hash is the evidence of the content."""
        return f"{self.subject}\n{self.body}"


@dataclass(frozen=True)
class Letter:
    """A notice to one address on a local day, before it is written.

    `details` are number, time and place of items, by item; `masked` says whose names everybody
    reads masked where the policy does not.
    """

    sender: Sender
    account: Account
    notice: OpenNotice
    profile: Profile
    terms: Terms
    to: str
    today: date
    details: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    texts: Texts = NO_TEXTS
    masked: Masking = "persons"

    @cached_property
    def language(self) -> str:
        """What it is written in: the debtor's language, else the creditor's first."""
        return language_of(self.profile.language or "", *self.terms.languages)

    @property
    def is_public(self) -> bool:
        """Whether everybody reads it."""
        return self.notice.channel == PUBLIC_ADDRESS

    @property
    def names(self) -> tuple[str, str]:
        """What its template may be called, the first before the second."""
        return self.notice.template, self.notice.purpose

    def shown_name(self, name: str, *, is_company: bool) -> str:
        """A name as whoever reads it may see it."""
        if self.is_public:
            mask = chosen(self.notice.mask, self.masked)
            name = masked_name(name, mask, is_company=is_company)
        return one_line(name)

    def own_text(self, channel: str) -> Version | None:
        """The creditor's own text for it by a channel, where there is one."""
        return self.texts.chosen(self.notice.policy, self.language, self.names, GROUPS[channel])

    def asked(self) -> Asked:
        """What it asks for: by the ledger's figures of the day, else by those of the request."""
        view = self.account.ledger
        if is_fresh(view, self.notice, self.today):
            return asked(view, self.notice, self.today)
        variables = self.notice.variables
        requested = Owed(
            self.terms.currency, _amount(variables, "principal"), _amount(variables, "late_fee")
        )
        return Asked(requested, not self.notice.needs_overdue)


def compose(templates: Templates, letter: Letter) -> Content:
    """Render a notice.

    Notices about overdue money show the overdue total of the day, bills and reminders sent before
    the due date what falls due, less money that waits. Raises `Malformed` when no template fits.
    """
    notice, values = letter.notice, values_of(letter)
    own = letter.own_text(notice.channel)

    def write(shown: Mapping[str, Any]) -> str:
        return templates.render(
            policy=notice.policy,
            language=letter.language,
            names=letter.names,
            channel=notice.channel,
            values=shown,
            own=own.text if own else None,
        )

    if notice.channel == "sms":
        subject = ""
        body = shortened(lambda shown: one_line(write(shown)), values, SMS_CHARACTERS_MAX)
    else:
        subject, _, body = write(values).partition("\n")
    name = "" if letter.is_public else letter.profile.name
    representative = values["representative"] if notice.channel in PAPER_CHANNELS else ""
    return Content(
        letter.to,
        one_line(name),
        one_line(subject),
        body.lstrip("\n"),
        letter.language,
        representative,
        own.label if own else "",
    )


def values_of(letter: Letter) -> dict[str, Any]:
    """What templates may show."""
    asked = letter.asked()
    return {
        **_people(letter),
        **_amounts(letter, asked.figures),
        **_days(letter, asked),
        "upcoming": asked.upcoming,
        "items": [_item(letter, one, asked.figures.currency) for one in asked.figures.items],
        "left_out": 0,
        "sheet": False,
    }


def _people(letter: Letter) -> dict[str, Any]:
    profile, account, sender = letter.profile, letter.account, letter.sender
    # A list that everybody reads shows the id, which is no licence plate.
    number = None if letter.is_public else profile.number
    representative = profile.legal_representative if profile.is_company else None
    return {
        "account": number or account.account,
        "name": letter.shown_name(profile.name, is_company=profile.is_company),
        "representative": letter.shown_name(representative or "", is_company=False),
        "company": profile.is_company,
        "address": one_line(letter.to),
        "creditor": sender.name or letter.terms.name or account.creditor,
        "contact": sender.contact,
        "how_to_pay": sender.how_to_pay,
    }


def _amounts(letter: Letter, figures: Owed) -> dict[str, Any]:
    def amount(minor: int) -> str:
        return money(minor, figures.currency, letter.language)

    return {
        "amount": amount,
        "total_minor": figures.total,
        "total": amount(figures.total),
        "principal": amount(figures.principal),
        "late_fee": amount(figures.late_fee) if figures.late_fee else "",
    }


def _days(letter: Letter, asked: Asked) -> dict[str, Any]:
    language, today = letter.language, letter.today
    told = told_due_on(letter.notice)
    oldest = min((one.due_on for one in asked.figures.items), default=told)
    return {
        "today": day(today, language),
        "due_on": day(oldest, language) if oldest else "",
        "days_overdue": (today - oldest).days if oldest and not asked.upcoming else 0,
        "pay_by": _last_day(_pay_by(letter, oldest, asked.upcoming), language),
    }


def _item(letter: Letter, item: OwedItem, currency: str) -> dict[str, Any]:
    known = letter.details.get(item.item_id) or {}
    return {
        "code": item.item,
        "name": item_name(item.item, letter.language),
        "minor": item.principal,
        "amount": money(item.principal, currency, letter.language),
        "due_on": day(item.due_on, letter.language),
        "number": one_line(known.get("number", "")),
        "where": one_line(" ".join(known[name] for name in _WHERE if known.get(name))),
    }


def _pay_by(letter: Letter, oldest: date | None, upcoming: bool) -> date:
    if letter.notice.respond_by is not None:
        return letter.notice.respond_by
    if upcoming and oldest is not None:
        return oldest
    return letter.today + timedelta(days=_REPLY_DAYS)


def _last_day(value: date, language: str) -> str:
    """The last day to pay; Chinese says that the day itself still counts."""
    return day(value, language) + ("（含）" if language == "zh" else "")


def _amount(variables: Mapping[str, Any], name: str) -> int:
    value = variables.get(name)
    return value if isinstance(value, int) else 0
