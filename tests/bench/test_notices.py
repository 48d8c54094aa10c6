"""What is sent is told only when each notice was taken once, and the share is of our own code."""

from pathlib import Path

import pytest

from bench import notices

ROOT = Path(notices.__file__).parents[1]


def test_only_our_own_functions_are_our_own() -> None:
    ours, theirs = str(ROOT / "services/a.py"), str(ROOT / ".venv/lib/chassis/a.py")
    costs: dict[notices.Function, notices.Cost] = {
        (ours, 1, "f"): (1, 1, 1.0, 9.0, {}),
        (theirs, 1, "f"): (1, 1, 2.0, 2.0, {}),
        ("~", 0, "<built-in>"): (1, 1, 1.0, 1.0, {}),
    }
    assert notices.own_share(costs) == 0.25


@pytest.mark.parametrize("taken", [{"a": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 1, "c": 1}])
def test_one_lost_or_doubled_raises(taken: dict[str, int]) -> None:
    notices.require_once({"a": 1, "b": 1}, 2)
    with pytest.raises(RuntimeError, match="taken"):
        notices.require_once(taken, 2)


async def test_every_gateway_is_measured() -> None:
    found = await notices.measure(5)
    assert len(found) == 6
    assert all(value > 0 for value in found.values())
