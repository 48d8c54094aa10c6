"""What an event costs is told of the accounts it says, and every event had its effect."""

from bench import growth
from bench.growth import Plan, Shape, figures

PLAN = Plan(
    few=20,
    many=60,
    events=200,
    rounds=1,
    shaped=8,
    each=2,
    usual=Shape("usual", events=9, open=3),
    others=(Shape("long", 41, 3), Shape("wide", 20, 20)),
)


def test_a_figure_is_a_multiple_of_what_was_measured_beside_it() -> None:
    costs = {
        "few": [40.0, 80.0, 40.0],
        "many": [50.0, 100.0, 60.0],
        "few_at_random": [30.0],
        "many_at_random": [60.0],
        "usual": [200.0],
        "long": [220.0],
        "wide": [300.0],
    }
    found = figures(PLAN, costs)
    assert found["ingest_cost_growth"] == 1.25
    assert found["ingest_cost_growth_at_random"] == 2.0
    assert found["account_long_cost"] == 1.1
    assert found["account_wide_cost"] == 1.5
    assert found["growth_accounts_many"] == 60
    assert found["growth_many_us"] == 60.0


async def test_every_place_is_measured() -> None:
    found = await growth.measure(PLAN)
    assert all(value > 0 for value in found.values())
