from typing import Any

import pytest

from contracts.registry import MODELS
from tests.contracts.mutations import sample_of


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", sorted(MODELS))


@pytest.fixture
def sample(kind: str) -> dict[str, Any]:
    return sample_of(kind)


@pytest.fixture
def invoice() -> dict[str, Any]:
    return sample_of("billing.invoice.issued.v1")
