"""All figures of a tree, each with the places it counts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from tests.structure import chains, habits
from tests.structure.limits import CHAINS, LINES_MAX
from tests.structure.sources import Source, code, tests

Places = Mapping[str, list[str]]

_HABITS: Mapping[str, Callable[[Source], Iterator[int]]] = {
    "TYPE_CHECKING blocks": habits.type_checking,
    "private names of others": habits.private_names,
    "getattr by a computed name": habits.computed_getattr,
    "type: ignore": habits.type_ignores,
    "casts": habits.casts,
    "calls spread into a call": habits.spread_calls,
    "SQL on tables of the store": habits.store_sql,
}


def places(top: Path) -> Places:
    """Where each thing is that `LIMITS` counts."""
    sources = code(top)
    found = {
        "circles": [" ".join(each) for each in chains.circles(chains.graph_of(sources))],
        f"code files over {LINES_MAX} lines": _long(sources),
        f"test files over {LINES_MAX} lines": _long(tests(top)),
    }
    for name, habit in _HABITS.items():
        found[name] = [f"{s.path}:{line}" for s in sources for line in sorted(habit(s))]
    return found


def longest_chains(top: Path) -> Places:
    """The longest chain of imports below each folder that `CHAINS` names."""
    graph = chains.graph_of(code(top))
    return {
        folder: chains.longest(graph if folder == "the whole" else chains.below(graph, folder))
        for folder in CHAINS
    }


def _long(sources: Iterable[Source]) -> list[str]:
    return [f"{s.path}: {s.lines}" for s in sources if s.lines > LINES_MAX]
