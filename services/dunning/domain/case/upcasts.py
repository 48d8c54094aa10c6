"""Events of the case that were stored in an older form."""

import re
from collections.abc import Mapping
from typing import Any

from chassis.store.aggregate import Upcast

_PAUSES: tuple[tuple[str, dict[str, str]], ...] = (
    (r"hold", {"type": "OnHold"}),
    (r"promise to pay by (?P<by>\S+)", {"type": "PromiseRuns"}),
    (r"instalment plan in good standing", {"type": "PlanRuns"}),
    (r"dispute over all that is past due", {"type": "AllDisputed"}),
    (r"application for (?P<for_>.+) undecided", {"type": "Undecided"}),
)
_MINIMUM = re.compile(
    r"less than the minimum of (?P<currency>[A-Z]{3}) (?P<figure>[\d.,]+) overdue"
)


def _paused(data: dict[str, Any]) -> dict[str, Any]:
    """The reasons were words."""
    return data | {"reasons": [_pause(each) for each in data["reasons"]]}


def _pause(told: Any) -> Any:
    if not isinstance(told, str):
        return told
    for pattern, value in _PAUSES:
        if found := re.fullmatch(pattern, told):
            return value | found.groupdict()
    if found := _MINIMUM.fullmatch(told):
        minor = int(re.sub(r"\D", "", found["figure"]))
        minimum = {"minor": minor, "currency": found["currency"]}
        return {"type": "BelowMinimum", "minimum": minimum}
    return {"type": "PauseTold", "code": told.partition(" ")[0], "words": told}


UPCASTS: Mapping[str, Upcast] = {"CasePaused": _paused}
