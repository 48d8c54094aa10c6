"""Whose fault a failure is: that of what was to be written, or of something around it.

What is at fault itself fails every time and is set aside; so is what alone takes too long again and
again (`overdue`). Everything else is tried again, and nothing may be set aside for it: a full disk
would empty the topics into the dead letters.
"""

import asyncpg

from chassis.errors import ArrearsError, Busy, Conflict, Elsewhere, Misconfigured, Transient
from chassis.logging import place_of
from chassis.store.pool import LOST
from contracts.errors import MalformedMessage

PASSING = (Conflict, Busy, Transient, Elsewhere)
"""Errors of ours that another time may be without."""
_OF_THE_DATA = ("21", "22", "23", "54", "P0")
"""Classes of SQLSTATE: cardinality, data, integrity, limits of the program, raised by a function.
Others speak of the server, of its resources, of rights or of the schema.
"""


def is_its_own(error: BaseException) -> bool:
    """Whether a failure lies in what was handled or written, so that it would fail again."""
    if isinstance(error, (*PASSING, Misconfigured, MemoryError, *LOST)):
        return False
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "").startswith(_OF_THE_DATA)
    return isinstance(error, Exception)


def told_of(error: BaseException) -> str:
    """A failure in a sentence without data: what libraries and the server say may quote some."""
    if isinstance(error, ArrearsError | MalformedMessage):
        return str(error)
    state = getattr(error, "sqlstate", None)
    said = f"{type(error).__name__} (SQLSTATE {state})" if state else type(error).__name__
    place = place_of(error)
    return f"{said} at {place}" if place else said
