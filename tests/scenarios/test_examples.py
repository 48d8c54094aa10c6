"""Scenario files pass through the real services on the embedded bus, some of the examples on Kafka
too, which carries the same messages.
"""

from pathlib import Path

import pytest

from arrears.scenario.model import read_scenario
from arrears.scenario.play import play
from arrears.scenario.report import lines
from arrears.world import World

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.yaml"))
RULES = sorted((HERE / "rules").glob("*.yaml"))
PACKS = sorted((HERE / "packs").glob("*.yaml"))

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
some_files = pytest.mark.parametrize("path", FILES[::3], ids=lambda path: path.stem)
every_rule = pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
every_sentence = pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)


async def passes(world: World, path: Path) -> None:
    outcome = await play(world, read_scenario(path))
    assert outcome.passed, "\n".join(lines(outcome))


@every_file
async def test_example_passes_on_the_embedded_bus(embedded_world: World, path: Path) -> None:
    await passes(embedded_world, path)


@some_files
async def test_example_passes_on_kafka(kafka_world: World, path: Path) -> None:
    await passes(kafka_world, path)


@every_rule
async def test_rule_holds(embedded_world: World, path: Path) -> None:
    await passes(embedded_world, path)


@every_sentence
async def test_sentence_of_a_pack_holds(embedded_world: World, path: Path) -> None:
    await passes(embedded_world, path)
