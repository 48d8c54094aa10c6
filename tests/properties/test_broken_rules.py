"""The properties find a system that breaks a rule: what never fails proves nothing."""

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties import broken
from tests.properties.machine import Collecting
from tests.support.wired import Wired

ENOUGH = settings(
    max_examples=400,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)

SOON = {broken.NeverRestores: 5}
"""Seeds of ways that come sooner to what is broken than those that are tried first."""


@pytest.mark.parametrize(
    "world",
    [
        broken.CheapLateFee,
        broken.YoungestFirst,
        broken.TwoStepsADay,
        broken.StepsInAPause,
        broken.GoesOnAfterClearing,
        broken.NeverRestores,
        broken.Forgets,
    ],
)
def test_a_broken_rule_is_found(world: type[Wired]) -> None:
    class Broken(Collecting):
        pass

    Broken.world = world
    sought = ENOUGH
    if world in SOON:
        sought = settings(ENOUGH, derandomize=False)
        seed(SOON[world])(Broken)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Broken, settings=sought)
