"""The result in a provider's answer to the question what became of a notice."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from contracts.words.vocabulary import DeliveryResult
from services.notifier.adapters.gateway import Told


def told_by(answer: httpx.Response | None, statuses: Mapping[str, DeliveryResult]) -> Told:
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
