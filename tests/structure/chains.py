"""Which file imports which: circles, and the longest chain."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter

from tests.structure.sources import Source

Graph = Mapping[str, set[str]]


def graph_of(sources: Sequence[Source]) -> Graph:
    """Every module and those it imports, wherever in the file it does."""
    known = {source.module for source in sources}
    return {source.module: set(_imports(source, known)) - {source.module} for source in sources}


def below(graph: Graph, folder: str) -> Graph:
    """The modules below a folder and what they import of one another."""
    top = folder.replace("/", ".")
    inside = {name for name in graph if name == top or name.startswith(f"{top}.")}
    return {name: graph[name] & inside for name in inside}


def circles(graph: Graph) -> list[list[str]]:
    """Groups of modules each of which reaches every other one of its group."""
    return [sorted(group) for group in _groups(graph) if len(group) > 1]


def longest(graph: Graph) -> list[str]:
    """The longest chain of imports, the importer first; a circle counts with all its files."""
    groups = _groups(graph)
    number = {name: index for index, group in enumerate(groups) for name in group}
    wanted: dict[int, set[int]] = {index: set() for index in range(len(groups))}
    for name, targets in graph.items():
        wanted[number[name]] |= {number[target] for target in targets} - {number[name]}
    best: dict[int, list[str]] = {}
    for index in TopologicalSorter(wanted).static_order():
        tails = (best[target] for target in sorted(wanted[index]))
        best[index] = [*sorted(groups[index]), *max(tails, key=len, default=[])]
    return max(best.values(), key=len, default=[])


def _imports(source: Source, known: set[str]) -> Iterator[str]:
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from _imported_from(node.module, node.names, known)


def _imported_from(module: str, names: Iterable[ast.alias], known: set[str]) -> Iterator[str]:
    for alias in names:
        inner = f"{module}.{alias.name}"
        if inner in known:
            yield inner
        elif module in known:
            yield module


def _groups(graph: Graph) -> list[set[str]]:
    """Strongly connected modules, by what reaches what."""
    groups: list[set[str]] = []
    placed: set[str] = set()
    back: dict[str, set[str]] = {name: set() for name in graph}
    for name, targets in graph.items():
        for target in targets:
            back[target].add(name)
    for name in graph:
        if name not in placed:
            groups.append(_reached(graph, name) & _reached(back, name))
            placed |= groups[-1]
    return groups


def _reached(graph: Graph, start: str) -> set[str]:
    reached, ahead = {start}, [start]
    while ahead:
        for target in graph[ahead.pop()] - reached:
            reached.add(target)
            ahead.append(target)
    return reached
