"""The words of a pack as a reader knows them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import NamedTuple

from contracts.words.formats import money
from contracts.words.vocabulary import Channel, Document, Purpose
from services.dunning.policy.parameters import Parameter
from services.dunning.policy.vocabulary import TaskKind


class Work(NamedTuple):
    """What somebody does, and what it is called."""

    does: str
    name: str


TASKS: Mapping[TaskKind, Work] = {
    "verify_debt": Work("verifies the debt", "the verification of the debt"),
    "reconcile": Work("reconciles the accounts", "the reconciliation"),
    "clearing_plan": Work("draws up a plan to clear the debt", "the plan to clear the debt"),
    "adjust_plan": Work("adjusts the instalment plan", "the adjustment of the plan"),
    "phone_call": Work("calls the debtor", "the phone call"),
    "visit": Work("visits the debtor", "the visit"),
    "serve_notice": Work("serves the notice by hand", "serving the notice"),
    "photo_evidence": Work("takes photographs as evidence", "taking the photographs"),
    "asset_investigation": Work("looks into the debtor's assets", "the investigation of assets"),
    "case_meeting": Work("holds a meeting on the case", "the meeting on the case"),
    "inventory": Work("lists what the debtor left behind", "the list of what was left behind"),
    "storage": Work("stores what was listed", "the storage"),
    "dispute_review": Work("reviews the dispute", "the review of the dispute"),
    "third_party_investigation": Work(
        "has a third party investigate", "the investigation by a third party"
    ),
    "report_upward": Work("reports to those above", "the report to those above"),
    "estate_review": Work("reviews the estate", "the review of the estate"),
}
PURPOSES: Mapping[Purpose, str] = {
    "bill": "a bill",
    "reminder": "a reminder",
    "arrears_notice": "a notice of arrears",
    "demand": "a demand",
    "final_demand": "a final demand",
}
CHANNELS: Mapping[Channel, str] = {
    "sms": "text message",
    "email": "e-mail",
    "voice": "voice call",
    "letter": "letter",
    "registered_letter": "registered letter",
    "ems": "express mail",
    "public_list": "publication on the list of debtors",
}
DOCUMENTS: Mapping[Document, str] = {
    "lawyer_letter": "a lawyer's letter goes out",
    "complaint": "the complaint goes to the court",
    "preservation_application": "the court is asked to preserve property",
    "enforcement_application": "the court is asked to enforce what is owed",
    "guarantee_order": "security is ordered",
    "seizure_order": "the seizure of property is ordered",
}
_PEOPLE: Mapping[str, str] = {
    "sales": "the sales department",
    "finance": "the finance department",
    "operations": "the operations department",
    "property": "the property department",
    "administration": "the administration",
    "legal": "the legal department",
    "segment": "the department of the customer's segment",
    "responsible": "the person responsible for the account",
    "head_office": "head office",
}
_SERVICES: Mapping[str, str] = {
    "outgoing": "calls and texts out",
    "non_emergency_care": "all care that is no emergency",
    "water_power": "water and power",
}
_REFERRALS: Mapping[str, str] = {
    "agency": "a collection agency",
    "judicial": "the judicial authorities",
    "credit_bureau_correction": "the credit bureau for correction",
}

CURRENCY = "CNY"
"""What amounts are shown in unless another currency is asked for: a pack names none."""


class _Amounts(NamedTuple):
    """The currency they are in, and which parameters of the pack are some."""

    currency: str = CURRENCY
    parameters: frozenset[str] = frozenset()


_PLAIN = _Amounts()
_amounts = ContextVar("how amounts are shown", default=_PLAIN)


@contextmanager
def amounts_in(currency: str, parameters: Mapping[str, Parameter]) -> Iterator[None]:
    """Within it `amount` shows this currency, and `figure` knows which parameters are amounts."""
    names = frozenset(name for name, one in parameters.items() if one.unit == "minor_units")
    before = _amounts.set(_Amounts(currency, names))
    try:
        yield
    finally:
        _amounts.reset(before)


def amount(minor_units: int) -> str:
    """`CNY 500.00`."""
    return money(minor_units, _amounts.get().currency, "en")


def figure(name: str, value: int) -> str:
    """The value of a parameter: an amount if it is one."""
    return amount(value) if name in _amounts.get().parameters else str(value)


def plain(name: str) -> str:
    """A name that a pack gives, as words."""
    return name.replace("_", " ")


def quoted(name: str) -> str:
    """A name that a pack gives, marked as one."""
    return f"“{plain(name)}”"


def joined(words: Iterable[str], last: str = "and") -> str:
    """`a, b and c`."""
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end


def person(role: str) -> str:
    """Who does or decides something."""
    return _PEOPLE.get(role, f"the {plain(role)}")


def service(name: str) -> str:
    """A service that can be withheld."""
    return _SERVICES.get(name, plain(name))


def receiver(name: str) -> str:
    """Where a debt is referred to."""
    return _REFERRALS.get(name, f"the {plain(name)}")


def days(number: int) -> str:
    """`1 day`, `7 days`."""
    return f"{number} day" if number == 1 else f"{number} days"


def percent(ratio: Decimal) -> str:
    """`0.05 %`."""
    return f"{(ratio * 100).normalize():f} %"


def sentence(text: str) -> str:
    """With a capital at its start and a full stop at its end."""
    return f"{text[:1].upper()}{text[1:]}."
