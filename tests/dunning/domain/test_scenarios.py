"""The scenario files of the four packs, played through the pure domain alone."""

from pathlib import Path

import pytest

from tests.dunning.domain.scenario import differences

FOLDER = Path(__file__).parents[2] / "scenarios"
FILES = [
    FOLDER / f"{name}.yaml"
    for name in ("09-mobile", "12-county-hospital", "13-service-company", "19-three-stage")
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_scenario_plays_as_written(file: Path) -> None:
    assert differences(file) == []
