"""A pack is data: no program knows a creditor."""

import re
from pathlib import Path

from services.dunning.policy import available

ROOT = Path(__file__).parents[3]
PROGRAMS = ("arrears", "bench", "chassis", "contracts", "samples", "services")


def test_no_packs_id_stands_in_python_outside_tests() -> None:
    ids = "|".join(re.escape(pack.id) for pack in available())
    named = re.compile(rf"""(?<![\w-])["'/]({ids})["'/.]""")
    found = [
        f"{path.relative_to(ROOT)}: {match[1]}"
        for folder in PROGRAMS
        for path in (ROOT / folder).rglob("*.py")
        for match in named.finditer(path.read_text("utf-8"))
    ]
    assert not found
