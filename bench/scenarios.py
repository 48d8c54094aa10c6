"""`scenario_seconds`: how long the example scenarios of four packs take through the real services,
one after the other in one world on the embedded bus, once its store is up; and those of all packs.
"""

import time
from pathlib import Path

from arrears.scenario.model import ScenarioFile, read_scenario
from arrears.scenario.play import play
from arrears.scenario.worlds import open_scenario_world
from arrears.world import World
from chassis.settings import Settings

FOLDER = Path(__file__).parent.parent / "tests" / "scenarios"


FIRST_FOUR = ("09-", "12-", "13-", "19-")


async def measure() -> dict[str, float]:
    """The seconds and how many scenarios they are for; a figure of failing ones is none."""
    files = [read_scenario(path) for path in sorted(FOLDER.glob("*.yaml"))]
    async with open_scenario_world(Settings(), "embedded") as world:
        first = [file for file in files if file.path.name.startswith(FIRST_FOUR)]
        seconds = await _seconds(world, first)
        all_seconds = await _seconds(world, files)
    return {
        "scenario_seconds": round(seconds, 2),
        "scenarios": len(first),
        "all_scenario_seconds": round(all_seconds, 2),
        "all_scenarios": len(files),
    }


async def _seconds(world: World, files: list[ScenarioFile]) -> float:
    began = time.perf_counter()
    outcomes = [await play(world, file) for file in files]
    seconds = time.perf_counter() - began
    failed = [str(outcome.file.path) for outcome in outcomes if not outcome.passed]
    if failed or not files:
        raise RuntimeError(f"scenarios that do not pass: {', '.join(failed) or 'there are none'}")
    return seconds
