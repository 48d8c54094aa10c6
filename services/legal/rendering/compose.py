"""The text of one document."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from chassis.documents.templates import Templates
from chassis.owed.amounts import Owed, OwedItem
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


@dataclass(frozen=True)
class Drawing:
    """A document as of a local day, before it is written; `numbers` are those of invoices, by
    item.
    """

    request: PendingDocument
    matter: Matter
    profile: Profile
    claim: Owed
    terms: Terms
    office: Office
    today: date
    numbers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def language(self) -> str:
        """What it is written in: the debtor's language, else the creditor's first."""
        return language_of(self.profile.language or "", *self.terms.languages)

    def amount(self, value: int) -> str:
        """An amount as people write it."""
        return money(value, self.claim.currency or self.terms.currency, self.language)


class Documents:
    """Draws documents up; `overrides` holds `{policy}/{language}/{document}.j2` files of an
    operator.
    """

    def __init__(self, overrides: Path | None = None) -> None:
        self._templates = Templates(BUILT_IN, overrides)

    def draw(self, drawing: Drawing) -> Text:
        """Render a document; raises `Malformed` when no template fits."""
        request = drawing.request
        text = self._templates.render(
            request.policy, drawing.language, [request.document], _values(drawing)
        )
        return Text(title=one_line(text.partition("\n")[0]), body=text)


def _values(drawing: Drawing) -> dict[str, Any]:
    """What templates may show."""
    matter, claim, today = drawing.matter, drawing.claim, drawing.today
    office, language = drawing.office, drawing.language
    oldest = min((one.due_on for one in claim.items), default=None)
    return {
        **_debtor(drawing),
        "creditor": office.name or drawing.terms.name or matter.creditor,
        "office": office,
        "today": day(today, language),
        "total": drawing.amount(claim.total),
        "principal": drawing.amount(claim.principal),
        "late_fee": drawing.amount(claim.late_fee) if claim.late_fee else "",
        "oldest_due_on": day(oldest, language) if oldest else "",
        "days_overdue": (today - oldest).days if oldest else 0,
        "judgment": _judgment(drawing),
        "items": [_item(drawing, one) for one in claim.items],
    }


def _debtor(drawing: Drawing) -> dict[str, Any]:
    profile, company = drawing.profile, drawing.profile.is_company
    return {
        "account": one_line(profile.number or drawing.matter.account),
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
    }


def _judgment(drawing: Drawing) -> dict[str, Any] | None:
    judgment, language = drawing.matter.judgment, drawing.language
    if judgment is None:
        return None
    return {
        "day": day(judgment.day, language),
        "pay_by": day(judgment.pay_by, language),
        "amount": "" if judgment.amount is None else drawing.amount(judgment.amount),
    }


def _item(drawing: Drawing, item: OwedItem) -> dict[str, Any]:
    return {
        "name": item_name(item.item, drawing.language),
        "number": one_line(drawing.numbers.get(item.item_id) or item.item_id),
        "principal": drawing.amount(item.principal),
        "late_fee": drawing.amount(item.late_fee) if item.late_fee else "",
        "due_on": day(item.due_on, drawing.language),
    }
