"""What is wrong with a pack, and where."""

from collections.abc import Iterable
from typing import NamedTuple

from chassis.errors import Malformed

SHOWN_MAX = 100
"""Faults that are told at once: whoever has more begins with these."""


class Problem(NamedTuple):
    """One fault: `packs/x.yaml:23: steps[2].when.day: must be at least 1`."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return (
            f"{where}: {self.field}: {self.message}" if self.field else f"{where}: {self.message}"
        )


class PackError(Malformed):
    """A pack that cannot be used; `problems` lists every fault found, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line, p.field)))
        shown = [str(p) for p in self.problems[:SHOWN_MAX]]
        if len(self.problems) > SHOWN_MAX:
            shown.append(f"and {len(self.problems) - SHOWN_MAX} more")
        super().__init__("\n".join(shown))
