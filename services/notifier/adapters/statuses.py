"""What providers over HTTP answer: whether a notice was taken, and what became of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from services.notifier.adapters.gateway import Fate, Told
from services.notifier.domain.commands import AttemptResult

_NOT_TAKEN = frozenset({429, 503})


def taken_by(answer: httpx.Response, channel: str, reference: str) -> AttemptResult:
    """Whether a notice was taken; a 409 says that it was, before."""
    status = answer.status_code
    if answer.is_success or status == httpx.codes.CONFLICT:
        return AttemptResult("accepted", reference=reference)
    if status in _NOT_TAKEN:
        return AttemptResult("unavailable", reason=f"{channel}_{status}")
    if answer.is_server_error:
        return AttemptResult("unknown", reason=f"{channel}_{status}")
    return AttemptResult("refused", reason=f"{channel}_{status}")


def told_by(answer: httpx.Response | None, statuses: Mapping[str, Fate]) -> Told:
    """What `status` says, which happened at `at`; a status that is not among `statuses` says that
    nothing is known yet, as does not knowing the notice.
    """
    if answer is None or answer.is_server_error:
        return Told(answered=False)
    body = _body(answer)
    result = statuses.get(str(body.get("status", "")).lower())
    return Told(result, _instant(body.get("at"))) if answer.is_success else Told()


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _instant(text: Any) -> datetime | None:
    """An instant with its offset; None for anything else: the time of the answer is meant then."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo is not None else None
