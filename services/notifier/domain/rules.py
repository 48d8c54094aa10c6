"""What each channel does when nobody knows whether a notice was taken, and how often it tries
again.
"""

from datetime import timedelta
from typing import Literal

InDoubt = Literal["repeat", "never_twice"]

IN_DOUBT: dict[str, InDoubt] = {
    "sms": "never_twice",
    "email": "never_twice",
    "voice": "never_twice",
    "letter": "never_twice",
    "registered_letter": "never_twice",
    "ems": "never_twice",
    "public_list": "repeat",
}
"""Used only where the gateway cannot be asked. A list entry keeps its place, so repeating it does
no harm; a letter, a call or a text sent twice does, so a person decides."""

ATTEMPTS_MAX = 6
_RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)

LOOKUP_AGAIN_AFTER = timedelta(minutes=10)
LEDGER_WAIT_MAX = timedelta(minutes=10)
"""How long a notice waits for the ledger's figures it was decided on before it uses those of the
request.
"""
PROFILE_WAIT_MAX = timedelta(hours=24)
"""How long a notice waits for billing to tell who the debtor is."""

MISSING_WAIT_MIN = timedelta(minutes=1)
MISSING_WAIT_MAX = timedelta(hours=1)


def retry_after(attempts: int) -> timedelta | None:
    """How long to wait after the given number of failed attempts; `None` when it was the last."""
    return _RETRY_AFTER[attempts - 1] if attempts < ATTEMPTS_MAX else None
