"""Who says what and who listens: `docs/events.md`, read from the literal tables of the services."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chassis.settings import SERVICES
from contracts.base import Contract
from contracts.registry import MODELS, TOPICS

ROOT = Path(__file__).resolve().parent.parent
_BY_NAME = {(f"contracts.{model.TOPIC}", model.__name__): model for model in MODELS.values()}
_HEAD = """# Messages: who says what, and who listens

Written by `arrears contracts events` from the contracts and the tables of the services; a test
fails when it is out of date. A topic has the name of the service that alone writes it. What a
message contains is in `contracts/schemas/`.
"""
_UPSTREAM = "the billing system, from outside"
_TABLE = "| message | what it says | made in | handled by |\n|---|---|---|---|"


@dataclass(frozen=True)
class Handler:
    """What a service does with a message: the function, or the command it makes, and its file."""

    service: str
    name: str
    file: str


def message_map() -> str:
    """The document, topic by topic."""
    heard = handlers()
    blocks = [_HEAD]
    for topic in TOPICS:
        lines = [
            _line(name, model, heard.get(name, []))
            for name, model in sorted(MODELS.items())
            if topic == model.TOPIC
        ]
        writer = _UPSTREAM if topic == "billing" else f"the service {topic}"
        blocks.append(f"## {topic}: written by {writer}\n\n{_TABLE}\n" + "\n".join(lines) + "\n")
    return "\n".join(blocks)


def _line(name: str, model: type[Contract], handlers: list[Handler]) -> str:
    said = " ".join((model.__doc__ or "").split("\n\n")[0].split()).replace("|", "\\|")
    made = _made_in(model)
    heard = "; ".join(f"{one.service}: `{one.name}` in `{one.file}`" for one in handlers)
    return f"| `{name}` | {said} | {made} | {heard or 'nobody here: for others'} |"


def _made_in(model: type[Contract]) -> str:
    """The file of the topic's service in which the message is made."""
    if model.TOPIC == "billing":
        return "upstream"
    for file in _sources(model.TOPIC, "publish"):
        if model in (_model(node, file) for node in ast.walk(file.tree)):
            return f"`{file.name}`"
    return "nowhere: not sent"


def handlers() -> dict[str, list[Handler]]:
    """By CloudEvents type, in the order of the services."""
    found: dict[str, list[Handler]] = {}
    for service in SERVICES:
        for file in _sources(service, "handlers"):
            for model, value in _entries(file):
                found.setdefault(model.TYPE, []).append(_handler(service, file, value))
    return found


@dataclass(frozen=True)
class _Source:
    """A parsed file, and what its imported names stand for."""

    name: str
    tree: ast.Module
    modules: dict[str, str]


def _sources(service: str, part: str) -> Iterator[_Source]:
    """The files of a part of a service, which is one module or a package of several."""
    folder = ROOT / "services" / service
    files = [*sorted(folder.glob(f"{part}*.py")), *sorted((folder / part).glob("*.py"))]
    for path in files:
        if path.exists():
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield _Source(str(path.relative_to(ROOT)), tree, dict(_imports(tree)))


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _entries(file: _Source) -> Iterator[tuple[type[Contract], ast.expr]]:
    """The rows of the tables whose keys are `billing.InvoiceIssued.TYPE`."""
    for table in (node for node in ast.walk(file.tree) if isinstance(node, ast.Dict)):
        for key, value in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Attribute) and key.attr == "TYPE":
                model = _model(key.value, file)
                if model is not None:
                    yield model, value


def _model(node: ast.AST, file: _Source) -> type[Contract] | None:
    """The message that `billing.InvoiceIssued` means in a file."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return None
    return _BY_NAME.get((file.modules.get(node.value.id, ""), node.attr))


def _handler(service: str, file: _Source, value: ast.expr) -> Handler:
    """The last argument of a row: a function, or a lambda that makes a command."""
    node = value
    while isinstance(node, ast.Call):
        last = node.args[-1] if node.args else None
        node = node.func if last is None or isinstance(last, ast.Constant) else last
    if isinstance(node, ast.Lambda) and isinstance(node.body, ast.Call):
        node = node.body.func
        return Handler(service, ast.unparse(node).rpartition(".")[2], file.name)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        where = _file_of(file.modules.get(node.value.id, ""))
        return Handler(service, node.attr, where or file.name)
    name = ast.unparse(node)
    return Handler(service, name, _file_of(file.modules.get(name, "")) or file.name)


def _file_of(dotted: str) -> str | None:
    """The file of a module, or of the module that has a function."""
    for name in (dotted, dotted.rpartition(".")[0]):
        path = name.replace(".", "/")
        for file in (f"{path}.py", f"{path}/__init__.py"):
            if name and (ROOT / file).exists():
                return file
    return None
