"""What a service loads before it answers: what only some of its work needs is loaded by that."""

import subprocess
import sys

import pytest

from chassis.settings import SERVICES

_LATER = ("alembic", "sqlalchemy", "mako", "typst", "xlsxwriter")
_START = """
import sys
from arrears import live
from arrears.commands import serve
import services.{service}.main
print(*(name for name in sys.modules if name in {later}))
"""


@pytest.mark.parametrize("service", SERVICES)
def test_a_start_loads_nothing_that_it_does_not_use(service: str) -> None:
    code = _START.format(service=service, later=_LATER)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
