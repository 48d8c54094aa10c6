"""The text of one document."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chassis.documents.templates import Templates
from chassis.owed.amounts import Owed
from chassis.owed.terms import Terms
from contracts.words.formats import day, item_name, language_of, money, one_line
from services.legal.domain.parties import Profile
from services.legal.domain.state import Matter, PendingDocument
from services.legal.settings import Office

BUILT_IN = Path(__file__).parents[1] / "templates"


@dataclass(frozen=True)
class Text:
    """A document as drawn up: its first line is the title."""

    title: str
    body: str

    @property
    def sha256(self) -> str:
        """The hash of the text: the evidence of its content."""
        return hashlib.sha256(self.body.encode()).hexdigest()


class Documents:
    """Draws documents up; `overrides` holds `{policy}/{language}/{document}.j2` files of an
    operator.
    """

    def __init__(self, overrides: Path | None = None) -> None:
        self._templates = Templates(BUILT_IN, overrides)

    def draw(
        self,
        request: PendingDocument,
        matter: Matter,
        profile: Profile,
        claim: Owed,
        terms: Terms,
        office: Office,
        today: date,
        numbers: Mapping[str, str] = MappingProxyType({}),
    ) -> Text:
        """Render a document as of a local day; `numbers` are those of invoices, by item. Raises
        `Malformed` when no template fits.
        """
        language = language_of(profile.language or "", *terms.languages)
        values = _values(matter, profile, claim, terms, office, today, language, numbers)
        text = self._templates.render(request.policy, language, [request.document], values)
        return Text(title=one_line(text.partition("\n")[0]), body=text)


def _values(
    matter: Matter,
    profile: Profile,
    claim: Owed,
    terms: Terms,
    office: Office,
    today: date,
    language: str,
    numbers: Mapping[str, str],
) -> dict[str, Any]:
    company = profile.is_company
    judgment = matter.judgment

    def amount(value: int) -> str:
        return money(value, claim.currency or terms.currency, language)

    oldest = min((one.due_on for one in claim.items), default=None)
    return {
        "account": one_line(profile.number or matter.account),
        "creditor": office.name or terms.name or matter.creditor,
        "office": office,
        "name": one_line(profile.name),
        "company": company,
        "representative": one_line(profile.legal_representative or "") if company else "",
        "id_number": "" if company else one_line(profile.id_number or ""),
        "address": one_line(profile.address),
        "phone": one_line(profile.phones[0]) if profile.phones else "",
        "guarantors": [
            {"name": one_line(one.name), "phone": one_line(one.phone or "")}
            for one in profile.guarantors
        ],
        "today": day(today, language),
        "total": amount(claim.total),
        "principal": amount(claim.principal),
        "late_fee": amount(claim.late_fee) if claim.late_fee else "",
        "oldest_due_on": day(oldest, language) if oldest else "",
        "days_overdue": (today - oldest).days if oldest else 0,
        "judgment": None
        if judgment is None
        else {
            "day": day(judgment.day, language),
            "pay_by": day(judgment.pay_by, language),
            "amount": "" if judgment.amount is None else amount(judgment.amount),
        },
        "items": [
            {
                "name": item_name(one.item, language),
                "number": one_line(numbers.get(one.item_id) or one.item_id),
                "principal": amount(one.principal),
                "late_fee": amount(one.late_fee) if one.late_fee else "",
                "due_on": day(one.due_on, language),
            }
            for one in claim.items
        ],
    }
