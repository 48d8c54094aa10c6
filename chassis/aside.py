"""Work that takes long, beside the event loop: in one of few threads, which the loop's own work
does not wait for.

What runs here is plain Python, so it and the loop take turns every few milliseconds. Nothing may
run here that holds the interpreter for long by itself: figures have bounds before they come here.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 2
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="aside")


async def aside(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function answers, run in a thread; further ones wait in line."""
    context = contextvars.copy_context()

    def run() -> T:
        return context.run(function, *args, **kwargs)

    return await asyncio.get_running_loop().run_in_executor(_threads, run)
