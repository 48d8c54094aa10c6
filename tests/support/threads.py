"""The threads that do what takes long, under a test's control."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator

from chassis.aside import THREADS, aside


@contextlib.asynccontextmanager
async def no_thread_free() -> AsyncIterator[None]:
    """All threads that do long work are taken meanwhile."""
    goes_on = threading.Event()
    taken = [asyncio.create_task(aside(goes_on.wait, 60)) for _ in range(THREADS)]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        goes_on.set()
        await asyncio.gather(*taken)
