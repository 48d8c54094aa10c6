"""A YAML file as plain data that remembers the line of every field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from services.dunning.policy.problem import PackError, Problem

Path = tuple[str | int, ...]

_INT = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?[0-9]*\.[0-9]+")
_WORDS: Mapping[str, bool | None] = {
    "true": True,
    "false": False,
    "null": None,
    "~": None,
    "": None,
}


@dataclass(frozen=True)
class Document:
    """Plain data of one file; `lines` maps the path of a field to its line, counted from 1."""

    file: str
    data: dict[str, Any]
    lines: Mapping[Path, int]

    def line_of(self, path: Path) -> int:
        """Answer the line of a field, or of the nearest one around it that the file names."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, message: str) -> Problem:
        """Place a message at a field."""
        return Problem(self.file, self.line_of(path), field_name(path), message)


def field_name(path: Path) -> str:
    """Write a path as people do: `steps[2].when.day`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def parse(file: str, text: str) -> Document:
    """Read YAML; only `true`/`false`, `null`, integers and decimals are not strings, so `on` and
    `20:00` stay what they look like.

    Raises PackError for broken YAML, a key given twice, and a file that is not a mapping.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PackError([Problem(file, line, "", f"not YAML: {error.problem}")]) from error
    lines: dict[Path, int] = {}
    problems: list[Problem] = []
    data = _plain(node, (), file, lines, problems) if node else None
    if not isinstance(data, dict):
        problems.append(Problem(file, 1, "", "a policy pack is a mapping of fields"))
    if problems or not isinstance(data, dict):
        raise PackError(problems)
    return Document(file, data, lines)


def _plain(
    node: yaml.Node, path: Path, file: str, lines: dict[Path, int], problems: list[Problem]
) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, file, lines, problems)
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(child, (*path, i), file, lines, problems) for i, child in enumerate(node.value)
        ]
    return _scalar(node)


def _mapping(
    node: yaml.MappingNode,
    path: Path,
    file: str,
    lines: dict[Path, int],
    problems: list[Problem],
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        here = (*path, key)
        line = key_node.start_mark.line + 1
        if key in result:
            problems.append(Problem(file, line, field_name(here), "given twice"))
        lines[here] = line
        result[key] = _plain(value_node, here, file, lines, problems)
    return result


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    if getattr(node, "style", None):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text
