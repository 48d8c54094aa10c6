"""YAML that remembers its lines, so that a validation error can say where it is.

Scalars are read more strictly than YAML 1.1 does: only `true` and `false` are booleans, `15:30` is
text and not a number to the base 60, a date stays text for the model to read, and an identifier
with leading zeros keeps them. A number with a decimal point is a Decimal, so that 128.50 stays
128.50.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from arrears.errors import Fault, FileError
from chassis.plain_yaml import NotPlain, Where, dotted, faults_by_line, read
from contracts.words.numbers import decimal_of, whole_of

M = TypeVar("M", bound=BaseModel)

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+\Z")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}
_PLAIN_SENTENCES = {
    "extra_forbidden": "unknown field",
    "missing": "is missing",
}


@dataclass(frozen=True)
class Marked:
    """A document and the line on which each of its parts begins, by path."""

    path: Path
    value: Any
    lines: dict[Where, int]

    def line(self, where: Where) -> int:
        """Return the line of the part, or of the nearest part around it that is there."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)


def load(path: Path) -> Marked:
    """Read one YAML document; raises FileError when it is absent, not UTF-8 or not taken."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(path, [Fault(1, "", error.strerror or "cannot be read")]) from error
    except UnicodeDecodeError as error:
        raise FileError(path, [Fault(1, "", "is not UTF-8 text")]) from error
    try:
        plain = read(text, _scalar)
    except NotPlain as error:
        raise FileError(path, [Fault(*fault) for fault in faults_by_line(error)]) from error
    if plain is None:
        raise FileError(path, [Fault(1, "", "is empty")])
    return Marked(path, plain.value, plain.lines)


def read_model(path: Path, model: type[M]) -> tuple[M, Marked]:
    """Read a file as `model`; raises FileError naming line and field of everything that does not
    fit.
    """
    marked = load(path)
    try:
        return model.model_validate(marked.value), marked
    except ValidationError as error:
        raise FileError(path, list(_faults(error, marked))) from error


def _scalar(text: str, quoted: bool) -> Any:
    if quoted:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return whole_of(text)
    return decimal_of(text) if _DECIMAL.match(text) else text


def _faults(error: ValidationError, marked: Marked) -> Iterator[Fault]:
    for problem in error.errors(include_url=False):
        where = tuple(problem["loc"])
        message = _PLAIN_SENTENCES.get(problem["type"]) or _lower(problem["msg"])
        yield Fault(marked.line(where), dotted(where), message)


def _lower(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
