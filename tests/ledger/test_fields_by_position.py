"""Where the hottest code builds structs by position, each value stands beside its field's name."""

import ast
from pathlib import Path
from types import ModuleType

import pytest

from services.ledger.domain import draft, evolve, quick

POSITIONS_MAX = 3
"""So many values need no names."""


def built_by_position(module: ModuleType) -> list[tuple[tuple[str, ...], list[str]]]:
    """The fields of each struct built so, and the names that stand beside the values."""
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    lines, found = source.splitlines(), []
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        fields: tuple[str, ...] = getattr(vars(module).get(call.func.id), "__struct_fields__", ())
        if fields and len(call.args) > POSITIONS_MAX:
            said = [lines[(value.end_lineno or 0) - 1].partition("  # ")[2] for value in call.args]
            found.append((fields[: len(said)], said))
    return found


@pytest.mark.parametrize("module", [draft, evolve, quick], ids=lambda module: module.__name__)
def test_each_value_stands_beside_the_name_of_its_field(module: ModuleType) -> None:
    structs = built_by_position(module)
    assert structs
    for fields, said in structs:
        assert tuple(said) == fields
