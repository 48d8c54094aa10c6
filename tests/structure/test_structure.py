from pathlib import Path

import pytest

from tests.structure.figures import Places, longest_chains, places
from tests.structure.limits import CHAINS, LIMITS

TOP = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found() -> Places:
    return places(TOP)


@pytest.fixture(scope="module")
def chains() -> Places:
    return longest_chains(TOP)


@pytest.mark.parametrize("name", LIMITS)
def test_no_figure_is_above_its_limit(found: Places, name: str) -> None:
    assert len(found[name]) <= LIMITS[name], "\n".join(found[name])


@pytest.mark.parametrize("folder", CHAINS)
def test_no_chain_of_imports_is_longer_than_its_limit(chains: Places, folder: str) -> None:
    assert chains[folder], f"there is nothing below {folder}"
    assert len(chains[folder]) <= CHAINS[folder], "\n".join(chains[folder])
