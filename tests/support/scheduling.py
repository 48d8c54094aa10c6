"""How `pytest -n` gives out work; imported only then."""

from typing import Any, Self

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.support.workers import piece_of


class Pieces(LoadFileScheduling):
    """Gives the pieces of the work out one after another, to whoever is free."""

    @classmethod
    def in_our_order(cls, config: pytest.Config, log: Any) -> Self:
        config.option.loadscopereorder = False  # by default the piece of most tests comes first
        return cls(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return piece_of(nodeid)
