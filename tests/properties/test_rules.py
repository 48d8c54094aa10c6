"""Whatever happens to an account under whatever pack, the rules of all packs hold."""

from hypothesis import HealthCheck, given, settings

from services.dunning.policy import validate
from services.dunning.policy.load import loads
from tests.properties.machine import Collecting
from tests.properties.packs import SHIPPED, generated

TestRulesOfAllPacks = Collecting.TestCase
TestRulesOfAllPacks.settings = settings(
    max_examples=250,
    stateful_step_count=50,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@settings(max_examples=100, deadline=None)
@given(generated())
def test_generated_packs_are_valid(text: str) -> None:
    assert validate(loads(text)) == []


def test_the_model_knows_shipped_packs_too() -> None:
    assert len(SHIPPED) >= 5
