"""The files that are looked at, read and parsed once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOTS = ("arrears", "chassis", "contracts", "services")


@dataclass(frozen=True)
class Source:
    """One Python file; `path` is written from the top of the repository, with slashes."""

    path: str
    text: str

    @property
    def module(self) -> str:
        """Its dotted name; a package's is that of its folder."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))


@cache
def code(top: Path) -> tuple[Source, ...]:
    """Everything that runs."""
    return tuple(source for root in ROOTS for source in _below(top, root))


def tests(top: Path) -> list[Source]:
    return list(_below(top, "tests"))


def _below(top: Path, folder: str) -> Iterator[Source]:
    for path in sorted((top / folder).rglob("*.py")):
        yield Source(path.relative_to(top).as_posix(), path.read_text(encoding="utf-8"))
