"""The file of a verification outlives an update."""

from pathlib import Path

import pytest

from arrears.errors import UsageError
from arrears.verified import Place, held
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


def test_two_verifications_do_not_write_over_what_the_other_saw(tmp_path: Path) -> None:
    path = tmp_path / "auditor" / "verified.json"
    with held(path) as place:
        place.of("ledger", ["e"], anew=False).known[0] = Link(7, b"seen before")
        with pytest.raises(UsageError, match="another verification"), held(path):
            pass
        place.save()
    with held(path) as place:
        assert place.of("ledger", ["e"], anew=False).known[0].number == 7
