"""The committed samples are what their generator writes, and what the demonstration promises."""

import json
from collections import Counter
from pathlib import Path

import pytest

from samples.generate import files

SAMPLES = Path(__file__).parents[2] / "samples"


def events() -> list[dict[str, object]]:
    lines = [
        line for path in sorted(SAMPLES.glob("*.jsonl")) for line in path.read_bytes().splitlines()
    ]
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("name", "content"), list(files()), ids=lambda v: v if isinstance(v, str) else ""
)
def test_generating_again_gives_the_committed_bytes(name: str, content: bytes) -> None:
    assert (SAMPLES / name).read_bytes() == content


def test_there_are_three_creditors_300_accounts_and_about_2000_events() -> None:
    found = events()
    kinds = Counter(event["type"] for event in found)
    assert len({event["creditor"] for event in found}) == 3
    assert kinds["billing.account.upserted.v1"] == 300
    assert 1_900 <= len(found) <= 2_100


def test_every_event_has_an_identity_of_its_own() -> None:
    identities = [(event["source"], event["id"]) for event in events()]
    assert len(identities) == len(set(identities))
