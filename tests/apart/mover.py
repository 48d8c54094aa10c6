"""`arrears lanes move ledger` in a process of its own that kills itself at a named step.

python -m tests.apart.mover FROM TO LANE POINT
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable

from arrears import moving_lanes
from chassis.settings import Settings


def settings_for(dsn: str) -> Settings:
    """Those of a process on one of the databases."""
    return Settings(ledger_database_url=dsn, lease_seconds=2)


def trap(point: str) -> Callable[[str], None]:
    """Kill this process when a point is reached."""

    def probe(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return probe


if __name__ == "__main__":
    source, target, lane, point = sys.argv[1:]
    move = moving_lanes.move(settings_for(source), "ledger", [int(lane)], target, trap(point))
    asyncio.run(move)
