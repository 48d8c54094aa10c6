"""The text of one notice for one address."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from chassis.owed.amounts import Owed
from contracts.words.formats import day, item_name, language_of, money, one_line
from services.notifier.domain.amounts import Asked, asked, told_due_on
from services.notifier.domain.destinations import PUBLIC_ADDRESS, Profile
from services.notifier.domain.state import Account, OpenNotice
from services.notifier.domain.terms import Terms
from services.notifier.rendering.shorten import shortened
from services.notifier.rendering.templates import Templates
from services.notifier.settings import Sender

SMS_CHARACTERS_MAX = 500
"""Seven or eight parts of a long message in Chinese; more is refused by most gateways."""

_REPLY_DAYS = 7
_WHERE = ("time", "place")


@dataclass(frozen=True)
class Content:
    """What a gateway is handed."""

    to: str
    name: str
    subject: str
    body: str

    @property
    def sha256(self) -> str:
        """The hash of what was said, subject and body: the evidence of the content."""
        return hashlib.sha256(f"{self.subject}\n{self.body}".encode()).hexdigest()


def compose(
    templates: Templates,
    sender: Sender,
    account: Account,
    notice: OpenNotice,
    profile: Profile,
    terms: Terms,
    to: str,
    today: date,
    details: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> Content:
    """Render a notice as of a local day; `details` are number, time and place of items, by item.

    Notices about overdue money show the overdue total of that day, bills and reminders sent before
    the due date what falls due, less money that waits. Raises `Malformed` when no template fits.
    """
    language = language_of(profile.language or "", *terms.languages)
    figures, upcoming = _figures(account, notice, terms, today)
    values = _values(
        sender, terms, account, notice, profile, figures, upcoming, to, today, language
    )
    for shown, one in zip(values["items"], figures.items, strict=True):
        known = details.get(one.item_id) or {}
        shown["number"] = one_line(known.get("number", ""))
        shown["where"] = one_line(" ".join(known[name] for name in _WHERE if known.get(name)))

    def write(shown: Mapping[str, Any]) -> str:
        return templates.render(
            policy=notice.policy,
            language=language,
            names=[notice.template, notice.purpose],
            channel=notice.channel,
            values=shown,
        )

    if notice.channel == "sms":
        subject = ""
        body = shortened(lambda shown: one_line(write(shown)), values, SMS_CHARACTERS_MAX)
    else:
        subject, _, body = write(values).partition("\n")
    name = profile.name if notice.channel != PUBLIC_ADDRESS else ""
    return Content(to=to, name=one_line(name), subject=one_line(subject), body=body.lstrip("\n"))


def _figures(account: Account, notice: OpenNotice, terms: Terms, today: date) -> Asked:
    view = account.ledger
    if view.version < notice.ledger_version or view.version == 0:
        return Asked(_requested_figures(notice, terms), not notice.needs_overdue)
    return asked(view, notice, today)


def _requested_figures(notice: OpenNotice, terms: Terms) -> Owed:
    """The amounts the request came with: used when the ledger's own did not arrive in time."""
    variables = notice.variables
    return Owed(terms.currency, _amount(variables, "principal"), _amount(variables, "late_fee"))


def _values(
    sender: Sender,
    terms: Terms,
    account: Account,
    notice: OpenNotice,
    profile: Profile,
    figures: Owed,
    upcoming: bool,
    to: str,
    today: date,
    language: str,
) -> dict[str, Any]:
    oldest = min((one.due_on for one in figures.items), default=told_due_on(notice))
    company = profile.is_company

    def amount(minor: int) -> str:
        return money(minor, figures.currency, language)

    return {
        # A list that everybody reads shows the id, which is no licence plate.
        "account": profile.number
        if profile.number and notice.channel != PUBLIC_ADDRESS
        else account.account,
        "name": one_line(profile.name),
        "representative": one_line(profile.legal_representative or "") if company else "",
        "company": company,
        "address": one_line(to),
        "creditor": sender.name or terms.name or account.creditor,
        "contact": sender.contact,
        "how_to_pay": sender.how_to_pay,
        "today": day(today, language),
        "upcoming": upcoming,
        "amount": amount,
        "total_minor": figures.total,
        "total": amount(figures.total),
        "principal": amount(figures.principal),
        "late_fee": amount(figures.late_fee) if figures.late_fee else "",
        "due_on": day(oldest, language) if oldest else "",
        "days_overdue": (today - oldest).days if oldest and not upcoming else 0,
        "pay_by": _last_day(_pay_by(notice, oldest, upcoming, today), language),
        "items": [
            {
                "code": one.item,
                "name": item_name(one.item, language),
                "minor": one.principal,
                "amount": amount(one.principal),
                "due_on": day(one.due_on, language),
            }
            for one in figures.items
        ],
        "left_out": 0,
    }


def _pay_by(notice: OpenNotice, oldest: date | None, upcoming: bool, today: date) -> date:
    if notice.respond_by is not None:
        return notice.respond_by
    if upcoming and oldest is not None:
        return oldest
    return today + timedelta(days=_REPLY_DAYS)


def _last_day(value: date, language: str) -> str:
    """The last day to pay; Chinese says that the day itself still counts."""
    return day(value, language) + ("（含）" if language == "zh" else "")


def _amount(variables: dict[str, Any], name: str) -> int:
    value = variables.get(name)
    return value if isinstance(value, int) else 0
