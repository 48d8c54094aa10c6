"""Whatever happens to an account under whatever pack, the rules of all packs hold."""

from hypothesis import HealthCheck, settings

from tests.properties.machine import Collecting

TestRulesOfAllPacks = Collecting.TestCase
TestRulesOfAllPacks.settings = settings(
    max_examples=500,
    stateful_step_count=50,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
