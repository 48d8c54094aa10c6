"""Reads the part of Mermaid's flowchart language that the diagrams of packs use, and refuses the
rest.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_LABEL = r'"(?P<label>(?:[^"#<>|]|#(?:35|124|quot|lt|gt);)+)"'
_NODE = re.compile(rf"(?P<id>\w+)(?:\[{_LABEL}\]|\(\[{_LABEL.replace('label', 'round')}\]\))")
_EDGE = re.compile(rf"(?P<start>\w+) (?:-->|-\.->)(?:\|{_LABEL}\|)? (?P<end>\w+)")
_SUBGRAPH = re.compile(rf"subgraph (?P<id>\w+)\[{_LABEL}\]")
_RESERVED = frozenset(
    {"end", "graph", "flowchart", "subgraph", "style", "class", "click", "default", "call", "href"}
)


class Edge(NamedTuple):
    """An arrow and what stands on it."""

    start: str
    end: str
    label: str


class Flowchart(NamedTuple):
    """The boxes with their words, and the arrows between them."""

    nodes: dict[str, str]
    edges: list[Edge]


def read(text: str) -> Flowchart:
    """Read a flowchart; raises ValueError naming the line that is none of it."""
    head, *lines = text.splitlines()
    if head != "flowchart TD":
        raise ValueError(f"line 1: {head!r} begins no flowchart")
    chart = Flowchart({}, [])
    open_ = 0
    for number, line in enumerate(lines, start=2):
        open_ += _line(chart, line.strip(), number)
        if open_ not in (0, 1):
            raise ValueError(f"line {number}: a subgraph is opened or closed twice")
    if open_:
        raise ValueError("a subgraph is not closed")
    for name in _unknown(chart):
        raise ValueError(f"an arrow leads to or from {name!r}, which is no box")
    return chart


def _line(chart: Flowchart, line: str, number: int) -> int:
    """Read one line; 1 when it opens a subgraph, -1 when it closes one."""
    if line == "end":
        return -1
    if found := _SUBGRAPH.fullmatch(line):
        _named(chart, found["id"], number)
        return 1
    if found := _NODE.fullmatch(line):
        _named(chart, found["id"], number)
        chart.nodes[found["id"]] = found["label"] or found["round"]
    elif found := _EDGE.fullmatch(line):
        chart.edges.append(Edge(found["start"], found["end"], found["label"] or ""))
    else:
        raise ValueError(f"line {number}: {line!r} is neither a box, an arrow nor a subgraph")
    return 0


def _named(chart: Flowchart, name: str, number: int) -> None:
    if name in _RESERVED or name in chart.nodes:
        raise ValueError(f"line {number}: {name!r} is reserved, or used twice")


def _unknown(chart: Flowchart) -> Iterator[str]:
    ends = {end for edge in chart.edges for end in (edge.start, edge.end)}
    yield from sorted(ends - set(chart.nodes))
