"""Ways to change a sample that a decoder must withstand."""

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

SAMPLES = Path(__file__).parents[2] / "contracts" / "samples"

JUNK: tuple[Any, ...] = (
    None, True, 0, 1, -1, 1.0, 1.5, 2**53, 2**70, "", " ", "*", "1", "x" * 129,
    "x" * 201, "x" * 4001,
    "INV-1\n", "编号", "cny", "CNY\n", "0.50", "1e3", "2026-02-30", "2026-03-01\n", "20260301",
    "2026-03-01T10:00:00", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00+08:00",
    "2026-03-01 10:00:00Z",
    "2026-03-01T24:00:00Z", 1767225600, "1767225600", "open", "company", [], ["INV-1"], [1], {},
    {"a": 1}, {"a": [1]}, [{}], {"name": "张三", "kind": "company"}, "08:00", "8:00", "a" * 64,
)  # fmt: skip


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.dates().map(str)
    | st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def sample_of(kind: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((SAMPLES / f"{kind}.json").read_text(encoding="utf-8"))
    return event


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    keys: Any = (
        value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    )
    for key in keys:
        found += places(value[key], (*path, key))
    return found


def changed(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    altered = copy.deepcopy(data)
    holder = altered
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return altered


def removed(data: Any, path: tuple[Any, ...]) -> Any:
    altered = copy.deepcopy(data)
    holder = altered
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return altered
