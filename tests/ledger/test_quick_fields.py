"""What the quick path builds by position is named beside each value, as the struct names it."""

import ast
from pathlib import Path

from services.ledger.domain import quick

POSITIONS_MAX = 3
"""So many values need no names."""
SOURCE = Path(quick.__file__).read_text(encoding="utf-8")
LINES = SOURCE.splitlines()


def built_by_position() -> list[tuple[tuple[str, ...], list[str]]]:
    """The fields of each struct built so, and the names that stand beside the values."""
    found = []
    for call in ast.walk(ast.parse(SOURCE)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        fields: tuple[str, ...] = getattr(vars(quick).get(call.func.id), "__struct_fields__", ())
        if fields and len(call.args) > POSITIONS_MAX:
            said = [LINES[(value.end_lineno or 0) - 1].partition("  # ")[2] for value in call.args]
            found.append((fields[: len(said)], said))
    return found


def test_each_value_stands_beside_the_name_of_its_field() -> None:
    structs = built_by_position()
    assert len(structs) > POSITIONS_MAX
    for fields, said in structs:
        assert tuple(said) == fields
