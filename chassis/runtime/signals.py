"""How one part of a running service tells the others that a lane has new events."""

import asyncio


class Signals:
    """The lanes whose new events nobody has taken care of yet, and a signal for each loop that
    does.
    """

    def __init__(self) -> None:
        self.unpublished: set[int] = set()
        self.unprojected: set[int] = set()
        self.relay, self.views, self.workers = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def notify(self, lane: int) -> None:
        """Say that a lane has new events: they are projected and published next."""
        self.unpublished.add(lane)
        self.unprojected.add(lane)
        for signal in (self.relay, self.views, self.workers):
            signal.set()


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
