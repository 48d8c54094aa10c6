"""What the tests of isolation share: the toy service of the chassis on a real store and bus, and
who looks after its dead letters.
"""

from pathlib import Path

import pytest

from chassis.runtime.instance import Instance
from tests.chassis.conftest import bus, clock, open_toy
from tests.isolation.office import Office, OpenOffice

__all__ = ["bus", "clock", "office", "open_toy"]


@pytest.fixture
def office(tmp_path: Path) -> OpenOffice:
    def opened(service: Instance, creditor: str = "*") -> Office:
        return Office(service, tmp_path, creditor)

    return opened
