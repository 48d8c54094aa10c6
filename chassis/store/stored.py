"""An event as the store keeps it."""

from datetime import datetime
from typing import Any, NamedTuple

from chassis.recorders import Recorder


class Stored(NamedTuple):
    """One event of one stream.

    `at` is the business instant (UTC) the clock gave, `cause` the id of the message that led to it,
    `position` its place in the lane's log (0 while it is not committed yet). `recorder` is whose
    token asked for it, where one did; it is read where people read (`chassis/store/reads.py`).
    """

    stream: str
    version: int
    type: str
    at: datetime
    cause: str | None
    event: Any
    lane: int
    position: int
    recorder: Recorder | None = None
