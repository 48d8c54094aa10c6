"""The file of a verification outlives an update."""

from pathlib import Path

from arrears.verified import Place
from chassis.store.verifying import Link

EARLIER = """{"ledger": {"epochs": ["e"], "known": {"0": [7, "c2VlbiBiZWZvcmU="]}, "lanes": {},
"streams": "", "records": [3, "AAAA"], "damage": []}}"""


def test_ends_of_chains_that_an_earlier_version_saw_are_known(tmp_path: Path) -> None:
    path = tmp_path / "verified.json"
    path.write_text(EARLIER)
    place = Place(path)
    assert place.of("ledger", ["e"], anew=False).known == {0: Link(7, b"seen before")}
    place.save()
    assert Place(path).of("ledger", ["e"], anew=False).known[0].number == 7
