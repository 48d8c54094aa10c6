"""Ways around the type checker, around a module's border and around the store."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tests.structure.limits import STORE_TABLES
from tests.structure.sources import Source

_OF_NAMED_TUPLES = {"_asdict", "_fields", "_make", "_replace"}
_TABLES = "|".join(STORE_TABLES)
_STATEMENT = re.compile(r"\b(select|insert into|update|delete from|copy)\b", re.IGNORECASE)
_ON_A_TABLE = re.compile(
    rf"\b(?:from|join|into|update|truncate|copy)\s+(?:{_TABLES})\b(?!\()", re.IGNORECASE
)


def type_checking(source: Source) -> Iterator[int]:
    for node in source.nodes:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield node.lineno


def private_names(source: Source) -> Iterator[int]:
    """`_name` imported from elsewhere, or looked up on an object whose class is elsewhere."""
    own = _defined(source)
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom):
            yield from (node.lineno for alias in node.names if _is_private(alias.name))
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            of_itself = isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}
            if not of_itself and node.attr not in own:
                yield node.lineno


def computed_getattr(source: Source) -> Iterator[int]:
    for node in _calls(source, "getattr"):
        if len(node.args) > 1 and not isinstance(node.args[1], ast.Constant):
            yield node.lineno


def type_ignores(source: Source) -> Iterator[int]:
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and "type: ignore" in token.string:
            yield token.start[0]


def casts(source: Source) -> Iterator[int]:
    yield from (node.lineno for node in _calls(source, "cast"))


def spread_calls(source: Source) -> Iterator[int]:
    """`Name(**call(...))`: the type checker does not see which arguments are given."""
    for node in source.nodes:
        if isinstance(node, ast.Call):
            yield from (
                node.lineno
                for keyword in node.keywords
                if keyword.arg is None and isinstance(keyword.value, ast.Call)
            )


def store_sql(source: Source) -> Iterator[int]:
    """Statements in a service on a table that the store keeps for itself; docstrings are none."""
    if not source.path.startswith("services/"):
        return
    alone = {id(node.value) for node in source.nodes if isinstance(node, ast.Expr)}
    for node in _texts(source):
        text = _text_of(node)
        if id(node) not in alone and _STATEMENT.search(text) and _ON_A_TABLE.search(text):
            yield node.lineno


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in _OF_NAMED_TUPLES


def _defined(source: Source) -> set[str]:
    """Private names that the file itself gives to its objects."""
    found: set[str] = set()
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found |= {node.attr} if _is_self(node.value) else set()
    return found


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _calls(source: Source, name: str) -> Iterator[ast.Call]:
    for node in source.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def _texts(source: Source) -> Iterator[ast.JoinedStr | ast.Constant]:
    parts = {
        id(part) for node in source.nodes if isinstance(node, ast.JoinedStr) for part in node.values
    }
    for node in source.nodes:
        if isinstance(node, ast.JoinedStr):
            yield node
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node


def _text_of(node: ast.JoinedStr | ast.Constant) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
