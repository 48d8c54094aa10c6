"""Structured logs: one JSON object per line, only of fields that cannot carry personal data."""

import io
import logging
import math
import sys
import traceback
from collections.abc import Hashable, MutableMapping
from typing import Any, TextIO, cast

import structlog

from chassis.tracing.spans import current

ALLOWED = frozenset(
    {
        "account", "attempt", "batch", "because", "caller", "cause", "channel", "correlation",
        "count", "creditor", "duration_ms", "epoch", "error", "event", "gateway", "instance",
        "lag", "lane", "lanes", "level", "message_id", "message_type", "method", "offset",
        "partition", "place", "port", "position", "reason", "reason_class", "route", "service",
        "signal", "source", "span_id", "state", "status", "stream", "time", "todo", "topic",
        "trace_id", "version", "view",
    }
)  # fmt: skip
"""Fields that are logged. A field not listed is dropped: forgetting one costs a detail, never a
person's data. `caller` is who a token names, `reason` the sentence of an error of ours, `todo` what
an operator does about it.
"""

_SELDOM_SECONDS = 60
"""For how long a line that anybody may cause is not repeated; what comes meanwhile is counted."""
_TEXT_MAX = 200
_REASON_MAX = 1000
_OURS = frozenset({"arrears", "chassis", "contracts", "services"})


def configure(service: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Set up logging for the whole process, third-party libraries included."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _Named(service),
            _in_a_trace,
            only_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.PrintLoggerFactory(stream or cast("TextIO", _StandardError())),
        cache_logger_on_first_use=False,
    )
    _quieten_libraries(level)


def get_logger(name: str) -> Any:
    """A logger for one module: `log.info("lane_taken", lane=3, epoch=7)`."""
    return structlog.get_logger(source=name)


def only_allowed(
    _logger: Any, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop what is not on the allow-list, and say of exceptions what may be said.

    Errors of ours name ids and fields, never a person's data: their sentence is kept. Those of
    others may quote what they were raised about: they are told by class and place.
    """
    kept: dict[str, Any] = {}
    for key, value in fields.items():
        if key not in ALLOWED:
            continue
        kept[key] = _plain(value)
        if key == "error" and isinstance(value, BaseException):
            kept.update(_details(value))
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, BaseException):
        return type(value).__name__
    if isinstance(value, bool | int | float) or value is None:
        return value
    return str(value)[:_REASON_MAX]


def _details(error: BaseException) -> dict[str, str]:
    details = {"reason": str(error)[:_REASON_MAX]} if _is_ours(type(error)) else _place(error)
    cause = _cause(error)
    if cause is not None:
        said = str(cause)[:_TEXT_MAX] if _is_ours(type(cause)) else place_of(cause)
        details["because"] = f"{type(cause).__name__}: {said}" if said else type(cause).__name__
    return details


def _cause(error: BaseException) -> BaseException | None:
    if isinstance(error, BaseExceptionGroup):
        first: BaseException = error.exceptions[0]
        return first
    if error.__cause__ is not None:
        return error.__cause__
    return None if error.__suppress_context__ else error.__context__


def _is_ours(kind: type[BaseException]) -> bool:
    return kind.__module__.partition(".")[0] in _OURS


def place_of(error: BaseException) -> str:
    """Where an error was raised, and before that where our own code was; empty if it was not."""
    return _place(error).get("place", "")


def _place(error: BaseException) -> dict[str, str]:
    frames = [
        (frame.f_globals.get("__name__", "?"), line)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    if not frames:
        return {}
    raised = "{}:{}".format(*frames[-1])
    ours = next((f for f in reversed(frames) if f[0].partition(".")[0] in _OURS), frames[-1])
    if ours == frames[-1]:
        return {"place": raised}
    return {"place": "{}:{}, raised in {}".format(*ours, raised)}


class _StandardError(io.TextIOBase):
    """Whatever standard error is at the moment: the one of set-up may have been closed since."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


class _Named:
    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(
        self, _logger: Any, _method: str, fields: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        fields.setdefault("service", self._service)
        return fields


def _in_a_trace(
    _logger: Any, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    span = current()
    if span is not None:
        fields["trace_id"], fields["span_id"] = span.trace_id, span.span_id
    return fields


class Seldom:
    """What repeats itself as often as others like: told once a minute, with how often it came.

    What it is told of (`what`) must be few things: each is remembered for good.
    """

    def __init__(self) -> None:
        self._told: dict[Hashable, tuple[float, int]] = {}

    def count(self, what: Hashable, now: float) -> int:
        """How often it came since it was told, this time included; 0 where it is not told now."""
        told, count = self._told.get(what, (-math.inf, 0))
        is_told = not told <= now < told + _SELDOM_SECONDS
        self._told[what] = (now, 0) if is_told else (told, count + 1)
        return count + 1 if is_told else 0


class _ToStructlog(logging.Handler):
    """Library records keep their logger, level, place and exception class; their text may quote
    data and is left out.

    One that cannot reach its server says so many times a second: each place is heard once a
    minute, with the `count` of what it said since.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seldom = Seldom()

    def emit(self, record: logging.LogRecord) -> None:
        where = (record.name, record.lineno, record.levelno)
        count = self._seldom.count(where, record.created)
        if not count:
            return
        details: dict[str, Any] = {"place": f"{record.module}:{record.lineno}", "count": count}
        if record.exc_info and record.exc_info[1] is not None:
            details["error"] = record.exc_info[1]
        structlog.get_logger(source=record.name).log(record.levelno, "library_message", **details)


def _quieten_libraries(level: str) -> None:
    root = logging.getLogger()
    root.handlers = [_ToStructlog()]
    root.setLevel(max(_number(level), logging.WARNING))


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
