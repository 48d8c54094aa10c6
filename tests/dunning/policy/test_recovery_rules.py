"""Grading, limitation, commission and credit: what a pack must have."""

import pytest

from services.dunning.policy import validate
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
