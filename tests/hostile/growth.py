"""What must not grow with what others invent: the memory of the process and its metrics."""

import re
import resource
from pathlib import Path
from typing import NamedTuple

from chassis.runtime.instance import Instance
from tests.hostile.world import World

_STATM = Path("/proc/self/statm")


_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_MEMORY_MAX = 80 * 2**20
_VALUES_MAX = 20
"""New values of labels in the second half: a status, a type, a route that came late."""
_WARM_AT = 3000
"""Requests after which every route has answered."""


class Size(NamedTuple):
    """Bytes of memory, series by service, and every value of a label."""

    memory: int
    series: dict[str, int]
    labels: set[str]


def size(world: World) -> Size:
    """As it is now."""
    pages = int(_STATM.read_text().split()[1])
    lines = {
        name: [line for line in _metrics(one).splitlines() if not line.startswith("#")]
        for name, one in world.stack.services.items()
    }
    labels = {
        value for each in lines.values() for line in each for _, value in _LABEL.findall(line)
    }
    series: dict[str, int] = {name: len(each) for name, each in lines.items()}
    return Size(pages * resource.getpagesize(), series, labels)


def _metrics(service: Instance) -> str:
    return service.metrics.render().decode()


def told(half: Size, end: Size) -> str:
    """The figures in a line."""
    grown = (end.memory - half.memory) / 2**20
    series = (f"{name} {half.series[name]} → {n}" for name, n in end.series.items())
    return (
        f"memory {end.memory / 2**20:.0f} MB, {grown:+.0f} MB in the second half; series "
        + ", ".join(series)
        + f", {len(end.labels - half.labels)} new values of labels"
    )


def faults(half: Size, end: Size, requests: int, invented: re.Pattern[str]) -> list[str]:
    """What grew and should not have: in the second half no label has values it never had. Series
    may be more, where two values that were known come together for the first time.
    """
    found = [f"the label {label!r}" for label in end.labels if invented.search(label)]
    grown = end.memory - half.memory
    if grown > _MEMORY_MAX:
        found.append(f"{grown / 2**20:.0f} MB of memory")
    fresh = sorted(end.labels - half.labels)
    if requests >= _WARM_AT and len(fresh) > _VALUES_MAX:
        found.append(f"{len(fresh)} new values of labels: {', '.join(fresh[:_VALUES_MAX])}")
    return found
