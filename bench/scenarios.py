"""`scenario_seconds`: how long the example scenarios take through the real services, one after the
other in one world on the embedded bus, once its store is up.
"""

import time
from pathlib import Path

from arrears.scenario.model import read_scenario
from arrears.scenario.play import play
from arrears.scenario.worlds import open_scenario_world
from chassis.settings import Settings

FOLDER = Path(__file__).parent.parent / "tests" / "scenarios"


async def measure() -> dict[str, float]:
    """The seconds for all of them, and how many they are; a figure of failing ones is none."""
    files = [read_scenario(path) for path in sorted(FOLDER.glob("*.yaml"))]
    async with open_scenario_world(Settings(), "embedded") as world:
        began = time.perf_counter()
        outcomes = [await play(world, file) for file in files]
        seconds = time.perf_counter() - began
    failed = [str(outcome.file.path) for outcome in outcomes if not outcome.passed]
    if failed or not files:
        raise RuntimeError(f"scenarios that do not pass: {', '.join(failed) or 'there are none'}")
    return {"scenario_seconds": round(seconds, 2), "scenarios": len(files)}
