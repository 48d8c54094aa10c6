"""Every pack that ships is sound."""

import pytest

from services.dunning.policy import available, get, validate
from services.dunning.policy.load import loads
from tests.dunning.domain.packs import HEAD, SMS, braced, steps

NAMES = sorted({pack.id for pack in available()})


@pytest.mark.parametrize("name", NAMES)
class TestShipped:
    def test_nothing_is_wrong_with_it(self, name: str) -> None:
        assert [str(problem) for problem in validate(get(name))] == []


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
