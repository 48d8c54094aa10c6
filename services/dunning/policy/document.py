"""A YAML file as plain data that remembers the line of every field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from services.dunning.policy.parts import Path
from services.dunning.policy.problem import PackError, Problem

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

    def place(self, path: Path) -> Path:
        """The path in the file of a field that the models name by another one.

        Models have levels that the file has not (a condition of two words is read as `all` of
        them), and read as one what the file writes beside one another (an action and its `if`):
        what the file does not have is left out, what stands beside is looked for there.
        """
        found: list[str | int] = []
        inner: Any = self.data
        outer: Any = None
        for part in path:
            if _has(inner, part):
                found.append(part)
                outer, inner = inner, inner[part]
            elif isinstance(part, str) and _has(outer, part):
                found[-1] = part
                inner = outer[part]
        return tuple(found)

    def problem(self, path: Path, message: str) -> Problem:
        """Place a message at a field."""
        return Problem(self.file, self.line_of(path), field_name(path), message)


def _has(value: Any, part: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, dict) and part in value


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
    if isinstance(node, yaml.ScalarNode) and node.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text
