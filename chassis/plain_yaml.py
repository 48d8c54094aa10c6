"""YAML from anywhere, read without what makes it dangerous: no aliases, and bounded in length,
parts and depth. Every part remembers its line.

280 bytes of aliases can stand for gigabytes, so a text is read as a row of events, one by one, and
nothing is built that the text does not spell out.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import yaml

from contracts.characters import HAS_CONTROL, is_plain

CHARACTERS_MAX = 1_000_000
PARTS_MAX = 50_000
DEPTH_MAX = 40
_FAULTS_MAX = 100
# The parser in C is used where the package was built with it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Where = tuple[str | int, ...]
Scalar = Callable[[str, bool], Any]
"""Makes a value of a text and of whether it was quoted; raises ValueError for one it refuses."""


class Fault(NamedTuple):
    """One thing that is wrong: on which line, in which part, and what."""

    line: int
    where: Where
    message: str


class NotPlain(Exception):
    """A text that is not taken; `faults` are in its order."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(f"line {fault.line}: {fault.message}" for fault in faults))


class Plain(NamedTuple):
    """A document and the line on which each of its parts begins, by path."""

    value: Any
    lines: dict[Where, int]


def read(text: str, scalar: Scalar) -> Plain | None:
    """Read one document, None when the text holds none; raises NotPlain."""
    if len(text) > CHARACTERS_MAX:
        raise NotPlain(Fault(1, (), f"is longer than {CHARACTERS_MAX} characters"))
    reading = _Reading(scalar)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            reading.take(event)
    except yaml.YAMLError as error:
        raise NotPlain(_syntax_fault(error, text)) from error
    if reading.faults:
        raise NotPlain(*reading.faults)
    return Plain(reading.value, reading.lines) if reading.lines else None


def dotted(where: Where) -> str:
    """A path as people write it: `steps[2].when.day`."""
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _syntax_fault(error: yaml.YAMLError, text: str) -> Fault:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "a character that YAML does not take"
    # The parser in C counts the end of a text as a line of its own.
    line = min(mark.line, text.count("\n")) + 1 if mark else 1
    return Fault(line, (), f"not YAML: {problem}")


class _Open:
    """A mapping or list whose end is yet to come; `key` is the one whose value comes next."""

    def __init__(self, where: Where, value: dict[str, Any] | list[Any]) -> None:
        self.where = where
        self.value = value
        self.key: str | None = None


class _Reading:
    """Builds a document from the parser's events, without recursion."""

    def __init__(self, scalar: Scalar) -> None:
        self.value: Any = None
        self.lines: dict[Where, int] = {}
        self.faults: list[Fault] = []
        self._scalar = scalar
        self._open: list[_Open] = []
        self._parts = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event; raises NotPlain where going on makes no sense."""
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent) and self.lines:
            raise NotPlain(Fault(line, (), "is a second document: a file holds one"))
        if isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._bound(event, line)
            self._node(event, line)

    def _bound(self, event: yaml.NodeEvent, line: int) -> None:
        self._parts += 1
        if event.anchor is not None:
            raise NotPlain(Fault(line, self._here(), _no_alias(event)))
        if self._parts > PARTS_MAX:
            raise NotPlain(Fault(line, self._here(), f"is part {PARTS_MAX + 1}: too many"))
        if len(self._open) >= DEPTH_MAX and not isinstance(event, yaml.ScalarEvent):
            raise NotPlain(Fault(line, self._here(), f"is nested more than {DEPTH_MAX} deep"))
        if len(self.faults) >= _FAULTS_MAX:
            raise NotPlain(*self.faults)

    def _node(self, event: yaml.NodeEvent, line: int) -> None:
        around = self._open[-1] if self._open else None
        if around is not None and isinstance(around.value, dict) and around.key is None:
            self._begin_member(around, event, line)
            return
        where = self._here()
        self.lines.setdefault(where, line)
        value = self._value(event, where, line)
        self._put(around, value)
        if isinstance(value, dict | list) and not isinstance(event, yaml.ScalarEvent):
            self._open.append(_Open(where, value))

    def _begin_member(self, around: _Open, event: yaml.NodeEvent, line: int) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            raise NotPlain(Fault(line, around.where, "has a key that is no text"))
        around.key = str(event.value)
        if not is_plain(around.key):
            raise NotPlain(Fault(line, around.where, f"has a key that {HAS_CONTROL}"))
        here = (*around.where, around.key)
        if here in self.lines:
            first = self.lines[here]
            self.faults.append(Fault(line, here, f"is given twice, first on line {first}"))
        self.lines[here] = line

    def _value(self, event: yaml.NodeEvent, where: Where, line: int) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return {}
        if isinstance(event, yaml.SequenceStartEvent):
            return []
        if not isinstance(event, yaml.ScalarEvent):
            return None
        if not is_plain(str(event.value)):
            self.faults.append(Fault(line, where, HAS_CONTROL))
            return None
        try:
            return self._scalar(str(event.value), bool(event.style))
        except ValueError as error:
            self.faults.append(Fault(line, where, str(error)))
            return None

    def _put(self, around: _Open | None, value: Any) -> None:
        if around is None:
            self.value = value
        elif isinstance(around.value, list):
            around.value.append(value)
        elif around.key is not None:
            around.value[around.key] = value
            around.key = None

    def _here(self) -> Where:
        """The path of what comes next."""
        if not self._open:
            return ()
        around = self._open[-1]
        if isinstance(around.value, list):
            return (*around.where, len(around.value))
        return around.where if around.key is None else (*around.where, around.key)


def _no_alias(event: yaml.NodeEvent) -> str:
    mark = "*" if isinstance(event, yaml.AliasEvent) else "&"
    return (
        f"anchors and aliases ({mark}{str(event.anchor)[:40]}) are not taken: write the value out"
    )


def faults_by_line(error: NotPlain) -> Iterator[tuple[int, str, str]]:
    """Line, field and sentence of each fault."""
    for fault in error.faults:
        yield fault.line, dotted(fault.where), fault.message
