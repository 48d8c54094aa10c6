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
_RESULT_WITHIN = {
    "letter": timedelta(days=30),
    "registered_letter": timedelta(days=30),
    "ems": timedelta(days=30),
}
_RESULT_WITHIN_ELSE = timedelta(days=3)
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


def result_within(channel: str) -> timedelta:
    """For how long a notice that has further channels goes on by the next when it did not arrive;
    paper takes its time.
    """
    return _RESULT_WITHIN.get(channel, _RESULT_WITHIN_ELSE)
