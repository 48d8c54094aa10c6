"""The terms of a creditor that services keep."""

from datetime import date, time
from typing import Any

import pytest

from chassis.errors import Rejected
from chassis.owed import terms
from contracts import dunning
from services.notifier.domain import terms as of_notices

STREAM = "terms-acme@1"
TOLD: dict[str, Any] = {
    "creditor": "acme",
    "name": "青山县人民医院",
    "time_zone": "Asia/Shanghai",
    "currency": "CNY",
    "policy": "county-hospital",
    "version": 2,
    "languages": ["zh", "en"],
}
CONTACT = {"from_hour": "09:00", "until_hour": "18:00", "per_seven_days": 3}


def _told(**changes: Any) -> dunning.TermsPublished:
    return dunning.TermsPublished.model_validate(TOLD | changes)


def test_a_publication_counts_as_a_whole() -> None:
    before = terms.evolve_terms(terms.initial_terms(STREAM), terms.published(_told()))
    after = terms.evolve_terms(before, terms.published(_told(name=None, version=3)))
    assert before == terms.Terms(
        "acme", "Asia/Shanghai", "CNY", ("zh", "en"), "county-hospital", 2, "青山县人民医院"
    )
    assert (after.creditor, after.name, after.version) == ("acme", "", 3)


def test_nothing_is_known_before_the_first_publication() -> None:
    assert terms.initial_terms(STREAM) == terms.Terms("acme")
    assert not terms.initial_terms(STREAM).time_zone


def test_a_time_zone_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(Rejected, match="Asia/Nowhere"):
        terms.published(_told(time_zone="Asia/Nowhere"))


def test_terms_of_notices_have_hours_and_days_too() -> None:
    told = _told(contact=CONTACT, calendar="CN", closed_days=["2026-05-01"])
    known = terms.evolve_terms(of_notices.initial_terms(STREAM), of_notices.published(told))
    assert (known.creditor, known.policy, known.zone.key) == (
        "acme",
        TOLD["policy"],
        "Asia/Shanghai",
    )
    assert (known.contact_from, known.contact_until, known.contacts_max) == (time(9), time(18), 3)
    assert (known.calendar, known.closed_days) == ("CN", (date(2026, 5, 1),))


def test_hours_and_number_of_contacts_are_those_of_rule_7_where_terms_name_none() -> None:
    known = of_notices.published(_told())
    assert (known.contact_from, known.contact_until, known.contacts_max) == (time(8), time(20), 7)
