"""While a version replaces the one before, each reads what the other says and stores."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.rolling.conftest import ROOT
from tests.rolling.reading import failed

NEW: frozenset[str] = frozenset()
"""What the version before cannot read: it is not said or stored before every instance is new, and
the list is emptied with the next release.
"""


def test_what_the_version_before_says_and_stored_is_read(before: Path) -> None:
    assert failed(before) == {}


def test_the_version_before_reads_what_is_said_and_stored_today(before: Path) -> None:
    script = Path(__file__).with_name("reading.py")
    answer = subprocess.run(
        [sys.executable, str(script), str(ROOT)],
        env={**os.environ, "PYTHONPATH": str(before), "PYTHONSAFEPATH": "1"},
        cwd=before,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(answer.stdout)
    assert found.keys() == NEW, found
