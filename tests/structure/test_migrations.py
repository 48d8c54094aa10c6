"""Each set of migrations is one chain: two that were landed side by side would stop every start."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FOLDERS = (
    ROOT / "chassis/store/migrations/versions",
    *sorted(ROOT.glob("services/*/migrations")),
)
_NAMED = re.compile(r"^(revision|down_revision)\b[^=]*= \"(\w+)\"", re.MULTILINE)


def test_each_migration_follows_another_one_alone() -> None:
    for folder in _FOLDERS:
        found = [_NAMED.findall(path.read_text()) for path in folder.glob("*.py")]
        for name in ("revision", "down_revision"):
            counted = Counter(value for pairs in found for kind, value in pairs if kind == name)
            assert [one for one, times in counted.items() if times > 1] == [], (folder, name)
