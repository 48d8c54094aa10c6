"""What makes a pack unsound."""

import pytest

from services.dunning.policy import (
    get,
    validate,
    with_parameters,
)
from tests.dunning.domain.packs import (
    CALL,
    COURT,
    HEAD,
    LETTER,
    SMS,
    STOP,
    VERIFY,
    braced,
    steps,
)
from tests.dunning.policy.reading import faults


class TestValidation:
    def test_a_step_that_follows_a_later_one_is_unreachable(self) -> None:
        text = HEAD + steps(f"after: {{step: s2}} | {braced(SMS)}", f"day: 3 | {braced(LETTER)}")
        assert "never reached" in faults(text)[0]

    def test_a_step_that_waits_for_a_task_nobody_asks_for(self) -> None:
        text = HEAD + steps(
            f"day: 1 | {braced(SMS)}", f"after: {{task: verify_debt}} | {braced(LETTER)}"
        )
        assert "nothing ever asks for that task" in faults(text)[0]

    def test_a_day_before_the_step_before(self) -> None:
        text = HEAD + steps(f"day: 5 | {braced(SMS)}", f"day: 5 | {braced(LETTER)}")
        assert "day 5 cannot be met" in faults(text)[0]

    @pytest.mark.parametrize("severe", [STOP, "legal: {document: complaint}"])
    def test_a_severe_step_without_a_notice_before_it(self, severe: str) -> None:
        text = HEAD + steps(f"day: 1 | {braced(severe)}")
        assert "no notice comes before this" in faults(text)[0]

    def test_an_unknown_owner(self) -> None:
        text = HEAD + steps("day: 1 | {task: {kind: visit, owner: nobody}}")
        assert "no role or department 'nobody'" in faults(text)[0]

    def test_an_unknown_step(self) -> None:
        text = HEAD + steps(f"after: {{step: s9}} | {braced(SMS)}")
        assert "there is no step 's9'" in faults(text)[0]

    def test_an_id_used_twice(self) -> None:
        text = HEAD + steps(f"day: 1 | {braced(SMS)}", f"day: 3 | {braced(SMS)}")
        assert "'s1' is used twice" in faults(text.replace("id: s2", "id: s1"))[0]

    def test_a_report_outside_the_creditors_calendar(self) -> None:
        text = HEAD + steps("day: 1 | {report: {name: ageing}}")
        assert "belongs to a monthly entry of the creditor" in faults(text)[0]

    def test_a_report_nobody_draws_up(self) -> None:
        entry = "{id: c1, source: x, monthly: 1, do: [{report: {name: horoscope}}]}"
        text = HEAD + steps(f"day: 1 | {braced(SMS)}") + f"calendar: [{entry}]\n"
        assert "no report 'horoscope'" in faults(text)[0]

    def test_a_notice_to_a_creditor_as_a_whole(self) -> None:
        entry = f"{{id: c1, source: x, monthly: 1, do: [{braced(SMS)}]}}"
        text = HEAD + steps(f"day: 1 | {braced(SMS)}") + f"calendar: [{entry}]\n"
        assert "this version does not carry it out" in faults(text)[0]

    def test_contact_hours_the_wrong_way_round(self) -> None:
        changed = with_parameters(get("mobile"), {"contact_from": "21:00"})
        assert "contact_from must be before" in validate(changed)[0].message


class TestDates:
    def test_a_day_that_is_over_when_the_steps_before_are_done(self) -> None:
        text = HEAD + steps(
            f"day: 1 | {braced(SMS)}", f"then_days: 10 | {braced(SMS)}", f"day: 11 | {braced(STOP)}"
        )
        assert "day 11 cannot be met: a step before it comes on day 11" in faults(text)[0]
        assert faults(text.replace("{day: 11}", "{day: 12}")) == []

    def test_a_step_that_may_be_dropped_or_come_early_stands_in_no_ones_way(self) -> None:
        text = HEAD + steps(
            f"day: 1 | {braced(SMS)}",
            f"then_days: 10 | {braced(LETTER)} | if: {{replied: false}}",
            f"day: 5 | {braced(STOP)}",
        )
        assert faults(text) == []

    def test_a_notice_before_an_invoice_can_be_there(self) -> None:
        text = HEAD + steps(f"day: 1 | {braced(SMS)}") + "terms: {due_days: 3}\n"
        entry = f"before_due: [{{id: b1, source: x, days: 4, do: [{braced(SMS)}]}}]\n"
        assert "before_due[0].days: cannot be met" in faults(text + entry)[0]
        assert faults(text + entry.replace("days: 4", "days: 3")) == []


class TestSeverity:
    """Whoever is restricted or taken to court was told before."""

    def test_a_task_that_does_not_tell_the_debtor_is_no_notice(self) -> None:
        text = HEAD + steps(f"day: 1 | {braced(VERIFY)}", f"day: 9 | {braced(STOP)}")
        assert "steps[1].do[0].restrict: no notice comes before" in faults(text)[0]
        assert faults(text.replace(VERIFY, CALL)) == []

    def test_what_follows_an_approval_is_as_severe(self) -> None:
        asks = "{approval: {for: stop, then: [{restrict: {service: all_service}}]}}"
        text = HEAD + steps(f"day: 9 | {asks}")
        assert "do[0].approval.then[0].restrict: no notice" in faults(text)[0]

    def test_a_reaction_to_what_was_seen_needs_a_notice_too(self) -> None:
        text = HEAD + steps(f"day: 1 | {braced(SMS)}")
        text += (
            f"reactions: [{{id: r1, source: x, on: {{observation: fraud}}, do: [{braced(COURT)}]}}]"
        )
        assert "reactions[0].do[0].legal: no notice" in faults(text)[0]
        told = text.replace("do: [{legal", "if: {notice_sent: reminder}, do: [{legal")
        assert faults(told) == []

    def test_a_track_of_a_case_that_was_never_told(self) -> None:
        text = HEAD + steps("day: 1 | {classify: {as: odd}}")
        track = steps(f"day: 2 | {braced(COURT)}").replace("id: s1", "id: a1").split("\n", 1)[1]
        track = track.replace("\n", "\n    ")
        text += "tracks:\n  - classified: odd\n    instead_of: [s1]\n    steps:\n    " + track
        assert "tracks[0].steps[0].do[0].legal: no notice" in faults(text)[0]


class TestWriteOffs:
    """Nothing is written off that no second person decided."""

    @pytest.mark.parametrize(
        ("on", "unasked"),
        [
            ("{application: {for: relief, outcome: approved}}", False),
            ("{application: {for: relief, outcome: made}}", True),
            ("{observation: lost}", True),
            (
                "{any: [{observation: lost}, {application: {for: relief, outcome: approved}}]}",
                True,
            ),
        ],
    )
    def test_a_reaction_writes_off_what_was_applied_for_and_approved(
        self, on: str, unasked: bool
    ) -> None:
        text = HEAD + steps(f"day: 1 | {braced(SMS)}")
        text += f"reactions: [{{id: r1, source: x, on: {on}, do: [{{write_off: {{}}}}]}}]\n"
        found = ["reactions[0].do[0].write_off: nobody approves" in one for one in faults(text)]
        assert found == [True] * unasked

    def test_a_step_asks_first_or_an_approval_goes_before(self) -> None:
        follows = "{task: {kind: visit, owner: collector, then: [{write_off: {}}]}}"
        text = HEAD + steps(f"day: 1 | {follows}")
        assert "do[0].task.then[0].write_off: nobody approves" in faults(text)[0]
        assert faults(HEAD + steps(f"day: 1 | {follows} | approval: {{for: it}}")) == []
        asked = f"{{approval: {{for: it, then: [{follows}]}}}}"
        assert faults(HEAD + steps(f"day: 1 | {asked}")) == []


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("{classified: lost}", "nothing classifies a case as 'lost'"),
        ("{not: {classified: lost}}", "nothing classifies a case as 'lost'"),
        ("{restricted: water}", "nothing restricts 'water'"),
        ("{referred: agency}", "nothing refers a case to 'agency'"),
        ("{notice_sent: final_demand}", "nothing ever sends the notice 'final_demand'"),
        ("{notice_delivered: bill}", "nothing ever sends the notice 'bill'"),
        ("{asked: stop}", "nothing ever asks for approval 'stop'"),
    ],
)
def test_a_condition_on_what_nothing_brings_about(condition: str, says: str) -> None:
    text = HEAD + steps(f"day: 1 | {braced(SMS)}", f"day: 9 | {braced(CALL)} | if: {condition}")
    (fault,) = faults(text)
    assert f"steps[1].if.{condition[1:].split(':', maxsplit=1)[0]}" in fault
    assert says in fault


def test_waiting_for_an_approval_nobody_is_asked_for() -> None:
    after = "after: {approval: stop, results: [approved]}"
    text = HEAD + steps(f"day: 1 | {braced(SMS)}", f"{after} | {braced(CALL)}")
    assert "nothing ever asks for approval 'stop'" in faults(text)[0]
