"""A class puts other steps in the place of the usual ones, and what they waited for."""

from services.dunning.domain.case.commands import CompleteTask, Decide, RecordObservation
from services.dunning.domain.case.events import ApprovalRequested, RestrictionRequested
from tests.dunning.domain.packs import COURT, SMS, STOP, VISIT, braced, pack, steps
from tests.dunning.domain.world import World

TRACK = """
tracks:
  - classified: abnormal
    instead_of: [s1, s2]
    steps:
      - {id: a1, source: x, when: {after: {task: asset_investigation}}, do: [{legal: {document: lawyer_letter}}]}
reactions:
  - {id: r1, source: x, on: {observation: closed}, do: [{classify: {as: abnormal}}]}
  - {id: r2, source: x, on: {classified: abnormal}, do: [{task: {kind: asset_investigation, owner: administration}}]}
"""  # noqa: E501 - a pack reads better so
ASKS = "approval: {for: stop}"


def world() -> World:
    lines = steps(
        f"day: 1 | {braced(SMS)}",
        f"day: 5 | {braced(STOP)} | {ASKS}",
        f"day: 60 | {braced(COURT)}",
    )
    made = World(pack(lines + TRACK), "2026-06-01")
    made.invoice(10000, "2026-06-10")
    return made.to("2026-06-16 10:00")


class TestTrack:
    def test_a_step_replaced_by_the_track_holds_up_nothing_with_its_decision(self) -> None:
        it = world()
        assert it.steps() == ["s1 06-11", "s2 06-15"]
        it.do(RecordObservation(kind="closed"))
        it.do(CompleteTask(kind="asset_investigation", result="done"))
        assert it.to("2026-06-20").steps()[-1] == "a1 06-17"

    def test_what_it_asked_for_may_still_be_approved(self) -> None:
        it = world()
        it.do(RecordObservation(kind="closed"))
        it.do(Decide(for_="stop", outcome="approved", by="m"))
        assert it.days(RestrictionRequested) == ["06-16"]

    def test_steps_that_are_not_replaced_follow_the_track(self) -> None:
        it = world()
        it.do(RecordObservation(kind="closed"))
        it.do(CompleteTask(kind="asset_investigation", result="done"))
        assert it.to("2026-09-01").steps()[-2:] == ["a1 06-17", "s3 08-09"]

    def test_without_the_class_the_decision_is_waited_for(self) -> None:
        assert world().to("2026-09-01").steps() == ["s1 06-11", "s2 06-15"]


class TestObservedInCase:
    def test_what_was_seen_before_the_case_does_not_count(self) -> None:
        lines = steps(f"day: 5 | {braced(VISIT)} | if: {{not_observed_in_case: closed}}")
        it = World(pack(lines), "2026-06-01")
        it.do(RecordObservation(kind="closed"))
        it.invoice(10000, "2026-06-10")
        assert it.to("2026-07-01").steps() == ["s1 06-15"]

    def test_what_was_seen_since_does(self) -> None:
        lines = steps(f"day: 5 | {braced(VISIT)} | if: {{not_observed_in_case: closed}}")
        it = World(pack(lines), "2026-06-01")
        it.invoice(10000, "2026-06-10")
        it.to("2026-06-12 10:00").do(RecordObservation(kind="closed"))
        assert it.to("2026-07-01").steps() == []


def test_a_reaction_asks_once_while_its_approval_waits() -> None:
    body = steps(f"day: 1 | {braced(SMS)}") + (
        "reactions:\n  - id: r1\n    source: x\n    on: {observation: malicious}\n"
        "    do: [{approval: {for: penalty}}]\n"
    )
    it = World(pack(body))
    it.invoice(10000, "2026-06-10")
    it.to("2026-06-15 10:00").do(RecordObservation(kind="malicious"))
    it.do(RecordObservation(kind="malicious"))
    assert it.days(ApprovalRequested) == ["06-15"]
    it.do(Decide(for_="penalty", outcome="rejected"))
    it.do(RecordObservation(kind="malicious"))
    assert it.days(ApprovalRequested) == ["06-15", "06-15"]
