"""docs/security.md, "Who may do what": routes and their roles, from the code;
`python -m tests.security.roles_table` writes.
"""

import asyncio
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from arrears.world import World, one_lane, open_world
from chassis.http import ROLES
from chassis.settings import SERVICES, ServiceName, Settings

DOCUMENT = Path(__file__).parents[2] / "docs/security.md"
COLUMNS = tuple(sorted(ROLES))
_HEAD = ("service", "route", *COLUMNS)
_MAY, _MAY_NOT = "x", " "
_ROW = re.compile(r"^\| (\w+) \| `([A-Z]+) (/\S*)` \|(.*)\|$", re.MULTILINE)
_TABLE = re.compile(r"^\| service \| route \|.*?\n(?=\n)", re.MULTILINE | re.DOTALL)


class Row(NamedTuple):
    """A route of a service, and the roles that may use it."""

    service: ServiceName
    method: str
    path: str
    roles: frozenset[str]


def in_code(world: World) -> list[Row]:
    """Every route that takes a token, as the services themselves say it."""
    return [
        Row(name, method.upper(), path, frozenset(told.get("x-roles", ())))
        for name in SERVICES
        for path, method, told in _operations(world, name)
        if told["security"] == [{"token": []}]
    ]


def in_document() -> list[Row]:
    """The same, as docs/security.md has it."""
    return [
        Row(service, method, path, _marked(cells))
        for service, method, path, cells in _ROW.findall(DOCUMENT.read_text("utf-8"))
    ]


def written(rows: list[Row]) -> str:
    """The document with the table of these rows."""
    lines = [_line(_HEAD), _line("---" for _ in _HEAD)]
    for row in rows:
        cells = (_MAY if role in row.roles else _MAY_NOT for role in COLUMNS)
        lines.append(_line((row.service, f"`{row.method} {row.path}`", *cells)))
    table = "\n".join(lines) + "\n"
    return _TABLE.sub(lambda _: table, DOCUMENT.read_text("utf-8"), count=1)


def _operations(world: World, name: ServiceName) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in world.stack.services[name].app.openapi()["paths"].items():
        for method, told in methods.items():
            yield path, method, told


def _marked(cells: str) -> frozenset[str]:
    marks = [cell.strip() for cell in cells.split("|")]
    return frozenset(role for role, mark in zip(COLUMNS, marks, strict=True) if mark == _MAY)


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


async def _write() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        async with open_world(one_lane(Settings()), Path(scratch)) as world:
            DOCUMENT.write_text(written(in_code(world)), "utf-8")


if __name__ == "__main__":
    asyncio.run(_write())
