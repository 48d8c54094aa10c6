"""Running what a command does: quietly, unless something is wrong."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, with warnings and errors alone in the log."""
    from chassis.logging import configure

    configure("arrears", "warning")
    return asyncio.run(work)
