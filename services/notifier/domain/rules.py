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

VOICE = "voice"
"""The channel whose notices are calls: one a case and local day (rule 7)."""
CONTACT_WINDOW_DAYS = 7
"""Over how many days rule 7 counts contacts."""
ATTEMPTS_MAX = 6
_RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)

LOOKUP_AGAIN_AFTER = timedelta(minutes=10)


def retry_after(attempts: int) -> timedelta | None:
    """How long to wait after the given number of failed attempts; `None` when it was the last."""
    return _RETRY_AFTER[attempts - 1] if attempts < ATTEMPTS_MAX else None
