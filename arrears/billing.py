"""Billing messages as upstream would write them: CloudEvents in structured mode, ready for JSON."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

Event = dict[str, Any]


def cloud_event(
    kind: str,
    *,
    creditor: str,
    account: str | None,
    id: str,  # noqa: A002 - the attribute's name in CloudEvents
    at: datetime,
    data: Mapping[str, Any],
    source: str,
) -> Event:
    """Return one message of the type `billing.<kind>`.

    `kind` carries the version (`invoice.issued.v1`), `at` is an aware instant; members of `data`
    that are None or empty are left out, dates and instants are written as ISO text.
    """
    event: Event = {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": f"billing.{kind}",
        "time": instant(at),
        "datacontenttype": "application/json",
        "creditor": creditor,
    }
    if account is not None:
        event["subject"] = account
    event["data"] = _plain(data)
    return event


def instant(at: datetime) -> str:
    """Return an aware instant as RFC 3339 text in UTC."""
    text = at.astimezone(UTC).isoformat(timespec="auto")
    return text.replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items() if v is not None and v not in ([], {})}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return instant(value)
    return value.isoformat() if isinstance(value, date) else value
