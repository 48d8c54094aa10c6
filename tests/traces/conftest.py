"""A receiver of traces; without Node the tests that need it are skipped, but not in CI."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.missing import give_up
from tests.traces import receiving
from tests.traces.receiving import Receiver


@contextmanager
def open_receiver(folder: Path, port: int = 0) -> Iterator[Receiver]:
    """It runs on a port, any that is free unless given."""
    reason = receiving.available()
    if reason is not None:
        give_up(f"no receiver of traces here: {reason}")
    with receiving.receiver(folder, port) as running:
        yield running


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with open_receiver(tmp_path) as running:
        yield running
