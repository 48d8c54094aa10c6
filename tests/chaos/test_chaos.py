"""A short run of `make chaos`."""

from pathlib import Path

import pytest

from tests.chaos.__main__ import report
from tests.chaos.run import chaos

pytestmark = pytest.mark.kafka
SECONDS = 10
SEED = 2028
STARTS_PER_TICK = 5


async def test_what_is_killed_at_random_comes_to_what_an_undisturbed_run_comes_to(
    tmp_path: Path,
) -> None:
    disturbed, calm = await chaos(tmp_path, SECONDS, SEED, STARTS_PER_TICK)
    text, is_equal = report(disturbed, calm)
    assert is_equal, text
    assert int(disturbed.figures["SIGKILL"]) + int(disturbed.figures["SIGTERM"]) > 0, text
    assert disturbed.facts["notices"].total() > 0, text
