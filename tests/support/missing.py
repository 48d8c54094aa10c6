"""What a test does where something it needs is missing."""

import os
from typing import NoReturn

import pytest

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def give_up(why: str) -> NoReturn:
    """Skip; in CI nothing is skipped, there it fails."""
    if IN_CI:
        pytest.fail(why)
    pytest.skip(why)
