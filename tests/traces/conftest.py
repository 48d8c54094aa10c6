"""A receiver of traces; without Node the tests that need it are skipped, but not in CI."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import IN_CI
from tests.traces import receiving
from tests.traces.receiving import Receiver


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    reason = receiving.available()
    if reason is not None:
        (pytest.fail if IN_CI else pytest.skip)(f"no receiver of traces here: {reason}")
    with receiving.receiver(tmp_path) as running:
        yield running
