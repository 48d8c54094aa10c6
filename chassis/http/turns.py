"""One at a time: what is too much work to be done twice for the same creditor at once, or for many
creditors at once.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

from chassis.aside import THREADS
from chassis.errors import Busy


class Turns:
    """Who is being served in this process: so many creditors as there are threads to work in.

    A turn is taken before a connection is, so that whoever waits keeps none from the lanes.
    """

    def __init__(self, what: str, at_once: int = THREADS) -> None:
        self._what = what
        self._taken: set[str] = set()
        self._at_once = asyncio.Semaphore(at_once)

    @contextlib.asynccontextmanager
    async def of(self, creditor: str) -> AsyncIterator[None]:
        """The creditor's turn, in line behind other creditors; raises `Busy` while it is taken."""
        with self.alone(creditor):
            async with self._at_once:
                yield

    @contextlib.contextmanager
    def alone(self, creditor: str) -> Iterator[None]:
        """Once at a time for a creditor, in no line: for what mostly waits for others. Raises
        `Busy` while the creditor is served.
        """
        if creditor in self._taken:
            raise Busy(f"{self._what} of creditor {creditor} is at work already: ask again")
        self._taken.add(creditor)
        try:
            yield
        finally:
            self._taken.discard(creditor)
