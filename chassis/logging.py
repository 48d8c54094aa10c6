"""Structured logs: one JSON object per line, only of fields that cannot carry personal data."""

import io
import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

ALLOWED = frozenset(
    {
        "account", "attempt", "batch", "cause", "correlation", "count", "creditor", "duration_ms",
        "epoch", "error", "event", "instance", "lag", "lane", "level", "message_id",
        "message_type", "method", "offset", "partition", "port", "position", "reason_class",
        "route", "service", "signal", "source", "state", "status", "stream", "time", "topic",
        "version", "view",
    }
)  # fmt: skip
"""Fields that are logged. A field not listed is dropped: forgetting one costs a detail, never a
person's data.
"""

_TEXT_MAX = 200


def configure(service: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Set up logging for the whole process, third-party libraries included."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _Named(service),
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
    """Drop what is not on the allow-list, and turn exceptions into their class names.

    Messages of exceptions may quote what they were raised about; so may long texts, which are cut.
    """
    return {key: _plain(value) for key, value in fields.items() if key in ALLOWED}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseException):
        return type(value).__name__
    if isinstance(value, bool | int | float) or value is None:
        return value
    return str(value)[:_TEXT_MAX]


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


class _ToStructlog(logging.Handler):
    """Library records keep their logger, level and exception class; their text may quote data and
    is left out.
    """

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        log = structlog.get_logger().bind(source=record.name)
        log.log(record.levelno, "library_message", error=error)


def _quieten_libraries(level: str) -> None:
    root = logging.getLogger()
    root.handlers = [_ToStructlog()]
    root.setLevel(max(_number(level), logging.WARNING))


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
