"""A short overload: everything accepted has its notice, and the door refuses what is too much."""

from bench import overload
from chassis.settings import SERVICES


async def test_what_is_accepted_is_worked_off() -> None:
    figures = await overload.measure(seconds=6, backlog=100)
    assert figures["overload_accepted"] > 0
    assert figures["overload_capacity_per_s"] > 0
    assert {f"overload_{name}_memory_mb" for name in SERVICES} <= figures.keys()
