"""Grading, limitation, commission and credit: what a pack must have, and how it reads."""

import pytest

from services.dunning.policy import get, validate
from services.dunning.policy.explain import explain
from tests.dunning.domain.packs import CALL, braced, pack, steps

CALLS = steps(f"day: 1 | {braced(CALL)}")
ENTRY = "calendar:\n  - {id: c1, source: r, monthly: 1, if: %s, do: [{alert: {kind: told}}]}\n"
REACTION = "reactions:\n  - {id: r1, source: r, on: {%s}, do: [{alert: {kind: told}}]}\n"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (steps("day: 1 | {grade: {}}"), "the pack has no grading"),
        (CALLS + "grading: [{as: easy}]\n", "no step grades a case"),
        (CALLS + ENTRY % "commission_earned", "the pack pays no commission"),
        (CALLS + ENTRY % "arrears_ratio_exceeded", "no credit.arrears_ratio_max"),
        (CALLS + REACTION % "invoice: without_agreement", "credit.agreement_required"),
        (CALLS + REACTION % "limitation: near", "the pack has no limitation"),
        (
            CALLS
            + "commission: {from: payment, rates: [{rate: 0.1, expired: false}, {rate: 0.2}]}\n",
            "rates by age need",
        ),
    ],
)
def test_a_part_that_could_never_come_true_is_a_fault(body: str, fault: str) -> None:
    assert any(fault in problem.message for problem in validate(pack(body)))


def test_grades_limitation_and_commission_read_as_sentences() -> None:
    text = explain(get("clearing-office"))
    for words in (
        "medium: below 365 days",
        "Limitation: 3 years from the due date",
        "90 days before the end: alert limitation_near; notice demand by registered_letter",
        "8 %: after the limitation period by less than 3 years",
        "12 %: everything else",
        "none in a collector's first 2 months",
    ):
        assert words in text


def test_credit_and_segments_read_as_sentences() -> None:
    assert "arrears up to 5 % of what was invoiced" in explain(get("post-office"))
    assert "enterprise: enterprise_centre" in explain(get("telecom-segments"))
    assert "from the referral on" in explain(get("luquan-telecom"))
