"""What is given to the log is logged: a field that is not on its list would be dropped unseen."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.logging import ALLOWED

ROOT = Path(__file__).parents[2]
LOGGERS = {"log", "_log"}


def fields_in(source: str) -> Iterator[tuple[int, str]]:
    """The names of the fields that calls of a module's logger give, with their lines."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name in LOGGERS:
                yield from ((node.lineno, each.arg) for each in node.keywords if each.arg)


def test_fields_are_found() -> None:
    assert list(fields_in("log.info('x', lane=1, **more)\n_log.bind(error=e)\nother.f(x=1)")) == [
        (1, "lane"),
        (2, "error"),
    ]


@pytest.mark.parametrize("name", ["arrears", "chassis", "services"])
def test_every_field_given_to_the_log_is_logged(name: str) -> None:
    dropped = [
        f"{file.relative_to(ROOT)}:{line}: {field}"
        for file in (ROOT / name).rglob("*.py")
        for line, field in fields_in(file.read_text("utf-8"))
        if field not in ALLOWED
    ]
    assert dropped == []
