"""The bells inside a running service: one part tells the others that a lane has new events, or when
something is due.
"""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

AT_ONCE = datetime.min.replace(tzinfo=UTC)
"""When something is due of which nobody here knows: the store is asked."""
NEVER = datetime.max.replace(tzinfo=UTC)


class Signals:
    """The lanes whose new events nobody has taken care of yet, those with dead letters that are to
    be published (their relay is rung for too), those in which wake-ups are due, the instant before
    which no others are as far as is known here, and a signal for each loop that waits for one of
    them. `unread` is how many messages of each lane held waited to be read at the last look,
    `written` the last position that each had.
    """

    def __init__(self) -> None:
        self.unpublished: set[int] = set()
        self.unprojected: set[int] = set()
        self.letters: set[int] = set()
        self.due: set[int] = set()
        self.unread: dict[int, int] = {}
        self.written: dict[int, int] = {}
        self.wake_at = AT_ONCE
        self.relay, self.views = asyncio.Event(), asyncio.Event()
        self.wakes, self.workers = asyncio.Event(), asyncio.Event()

    def notify(self, lane: int) -> None:
        """Say that a lane has new events: they are projected and published next, and the gateways
        are looked after once the views show them.
        """
        self.notify_relay([lane])
        self.notify_views([lane])

    def begin(self, lane: int) -> None:
        """Say that a lane was gained: whoever had it may have left anything."""
        self.letters.add(lane)
        self.notify(lane)

    def notify_relay(self, lanes: Iterable[int]) -> None:
        """Say that lanes have something to publish."""
        self.unpublished.update(lanes)
        if self.unpublished:
            self.relay.set()

    def notify_views(self, lanes: Iterable[int]) -> None:
        """Say that lanes have events that the views do not show."""
        self.unprojected.update(lanes)
        if self.unprojected:
            self.views.set()

    def notify_wakes(self, lanes: Iterable[int]) -> None:
        """Say that wake-ups are due in lanes."""
        self.due.update(lanes)
        if self.due:
            self.wakes.set()

    def expect(self, wake_at: datetime) -> None:
        """Say that a wake-up is due then, in whichever lane."""
        if wake_at < self.wake_at:
            self.wake_at = wake_at
            self.wakes.set()

    def forget(self) -> None:
        """Know nothing, as at the start."""
        for lanes in (self.unpublished, self.unprojected, self.letters, self.due):
            lanes.clear()
        self.wake_at = AT_ONCE


async def wait_for_signal(signal: asyncio.Event, seconds: float) -> bool:
    """Wait for a signal and clear it; False when it was not given in time."""
    try:
        await asyncio.wait_for(signal.wait(), seconds)
    except TimeoutError:
        return False
    signal.clear()
    return True


def is_cancelled() -> bool:
    """Whether somebody asked the running task to end.

    Clients let the end of their own tasks out as `CancelledError`: nobody asked for ours then, and
    it is a failure like any other.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
