"""Whether what was decided on an account's figures may be done now: is money still owed, and is all
known that it needs?
"""

from datetime import date, datetime, timedelta
from typing import Literal, Protocol

from chassis.owed.ledger import LedgerView

Missing = Literal["profile", "terms", "ledger"]

LEDGER_WAIT_MAX = timedelta(minutes=10)
"""How long to wait for the ledger's figures something was decided on, before those of the request
are used.
"""
MISSING_WAIT_MAX = timedelta(hours=24)
"""How long to wait for who the debtor is, or for the creditor's terms."""
_PAUSE_MIN = timedelta(minutes=1)
_PAUSE_MAX = timedelta(hours=1)


class Decided(Protocol):
    """What was asked for: when, and on which version of the account's ledger it was decided."""

    @property
    def ledger_version(self) -> int: ...
    @property
    def requested_at(self) -> datetime: ...


def is_fresh(view: LedgerView, decided: Decided, today: date | None) -> bool:
    """Whether the own view is as new as the decision, or newer, and of `today` (local): who decides
    by the calendar may be ahead of the ledger's word that something has become overdue.
    """
    return 0 < view.version >= decided.ledger_version and not _has_yet_to_say(view, today)


def is_cleared(view: LedgerView, decided: Decided, today: date | None) -> bool:
    """Whether a view as new as the decision shows nothing overdue any more."""
    return is_fresh(view, decided, today) and view.oldest_due_on is None


def _has_yet_to_say(view: LedgerView, today: date | None) -> bool:
    """Whether something fell due since the view's day and the view shows nothing overdue yet."""
    if today is None or view.as_of is None or view.oldest_due_on is not None:
        return False
    return any(
        one.principal > 0 and view.as_of <= one.due_on < today for one in view.items.values()
    )


def missing(
    view: LedgerView,
    decided: Decided,
    now: datetime,
    today: date | None,
    *,
    profile: bool,
    terms: bool,
) -> Missing | None:
    """What is not known yet of that which is needed; `profile` and `terms` say whether they are."""
    if not profile:
        return "profile"
    if not terms:
        return "terms"
    is_behind = view.version < decided.ledger_version or _has_yet_to_say(view, today)
    return "ledger" if is_behind and _waited(decided, now) < LEDGER_WAIT_MAX else None


def look_again(decided: Decided, now: datetime) -> datetime | None:
    """When to look again whether what is missing has come; `None` when the wait is over."""
    waited = _waited(decided, now)
    if waited >= MISSING_WAIT_MAX:
        return None
    return now + min(max(waited, _PAUSE_MIN), _PAUSE_MAX)


def _waited(decided: Decided, now: datetime) -> timedelta:
    return now - decided.requested_at
