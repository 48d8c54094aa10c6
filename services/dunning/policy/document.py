"""A YAML file as plain data that remembers the line of every field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis.plain_yaml import NotPlain, dotted, faults_by_line, read
from contracts.words.numbers import decimal_of, whole_of
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
        return Problem(self.file, self.line_of(path), dotted(path), message)


def _has(value: Any, part: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, dict) and part in value


def parse(file: str, text: str) -> Document:
    """Read YAML; only `true`/`false`, `null`, integers and decimals are not strings, so `on` and
    `20:00` stay what they look like.

    Raises PackError for what `plain_yaml` does not take, a key given twice, and a file that is not
    a mapping.
    """
    try:
        plain = read(text, _scalar)
    except NotPlain as error:
        problems = [Problem(file, *fault) for fault in faults_by_line(error)]
        raise PackError(problems) from error
    if plain is None or not isinstance(plain.value, dict):
        raise PackError([Problem(file, 1, "", "a policy pack is a mapping of fields")])
    return Document(file, plain.value, plain.lines)


def _scalar(text: str, quoted: bool) -> Any:
    if quoted:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return whole_of(text)
    if _DECIMAL.fullmatch(text):
        return decimal_of(text)
    return text
