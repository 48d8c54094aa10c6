"""Every pack that ships is sound and can be read as a timetable."""

from typing import Any

import pytest

from services.dunning.policy import available, explain, get, validate
from services.dunning.policy.load import loads
from tests.dunning.domain.packs import HEAD, SMS, braced, steps

NAMES = sorted({pack.id for pack in available()})


@pytest.mark.parametrize("name", NAMES)
class TestShipped:
    def test_nothing_is_wrong_with_it(self, name: str) -> None:
        assert [str(problem) for problem in validate(get(name))] == []

    def test_its_timetable_names_every_rule_and_every_figure(self, name: str) -> None:
        pack = get(name)
        text = explain(pack)
        rules: list[Any] = [*pack.before_due, *pack.steps, *pack.reactions, *pack.calendar]
        rules += [step for track in pack.tracks for step in track.steps]
        for rule in rules:
            assert f"  {rule.id}  " in text
            assert f"[{rule.source}]" in text
        for figure in pack.parameters:
            assert f"{figure} = " in text

    def test_the_figures_a_document_leaves_open_are_marked(self, name: str) -> None:
        pack = get(name)
        lines = explain(pack).splitlines()
        for figure, parameter in pack.parameters.items():
            (line,) = [x for x in lines if x[4:].startswith(f"{figure} = ")]
            assert line.startswith("  * ") == parameter.vague


class TestTimetable:
    def test_a_repeated_task_says_how_often(self) -> None:
        assert "photo_evidence (operations) every 1 days, 3 times in all" in explain(
            get("mall-abnormal")
        )

    def test_what_waits_for_the_step_time_says_so(self) -> None:
        assert "task inventory done, at the next step time: task storage" in explain(
            get("property-group")
        )

    def test_applications_that_wait_too_long(self) -> None:
        text = explain(get("tax-arrears"))
        assert "relief or deferral undecided after 20 days: alert decision_late" in text

    def test_a_charge_says_what_and_when(self) -> None:
        assert "else 10 % of the overdue principal, due 10 days on" in explain(get("unit-users"))


class TestReactions:
    def faults(self, on: str) -> list[str]:
        body = f"reactions:\n  - {{id: r1, source: x, on: {on}, do: [{{alert: {{kind: x}}}}]}}\n"
        return [str(p) for p in validate(loads(HEAD + steps(f"day: 1 | {braced(SMS)}") + body))]

    def test_to_a_task_nobody_asks_for(self) -> None:
        (fault,) = self.faults("{task: {kind: visit}}")
        assert fault.endswith("reactions[0].on.task.kind: nothing ever asks for that task")

    def test_to_a_class_nobody_gives(self) -> None:
        (fault,) = self.faults("{classified: lost}")
        assert "nothing classifies a case as 'lost'" in fault

    def test_to_what_does_happen(self) -> None:
        assert self.faults("{observation: fraud}") == []
