"""The form in which a trace is handed on: what W3C has us take, and what it has us ignore."""

import random

import pytest

from chassis.tracing import traceparent
from tests.traces.told import PARENT, TRACE, UNSAMPLED, UPSTREAM, Told


def test_what_was_read_is_written_again() -> None:
    given = traceparent.read(UPSTREAM)
    assert given == (bytes.fromhex(TRACE + PARENT), True)
    assert given is not None
    assert traceparent.write(given.context) == UPSTREAM


@pytest.mark.parametrize(("flags", "is_sampled"), [("00", False), ("01", True), ("03", True)])
def test_the_flag_says_whether_it_is_recorded(flags: str, *, is_sampled: bool) -> None:
    given = traceparent.read(UNSAMPLED[:-2] + flags)
    assert given is not None
    assert given.is_sampled is is_sampled


def test_a_later_version_may_say_more() -> None:
    assert traceparent.read(f"01{UPSTREAM[2:]}-what-we-do-not-know") is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        UPSTREAM.upper(),
        UPSTREAM + "-more",
        "ff" + UPSTREAM[2:],
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        UPSTREAM[:-1],
        UPSTREAM + "\n",
    ],
)
def test_what_is_none_is_ignored(text: str) -> None:
    assert traceparent.read(text) is None


@pytest.mark.parametrize(
    ("ratio", "least", "most"), [(0.0, 0, 0), (0.25, 200, 300), (1.0, 1000, 1000)]
)
def test_so_many_traces_are_recorded_as_the_ratio_says(ratio: float, least: int, most: int) -> None:
    chance = random.Random(7)
    ids = [chance.randbytes(16) for _ in range(998)] + [b"\xff" * 16, bytes(16)]
    traces = Told().traces(ratio)
    assert least <= sum(map(traces.begins, ids)) <= most
