"""`arrears lanes move ledger` in a process of its own that kills itself at a named step.

python -m tests.apart.mover FROM TO DATA_DIR LANE POINT
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from arrears import moving_lanes
from chassis.settings import Settings


def settings_for(dsn: str, data_dir: Path) -> Settings:
    """Those of a process on one of the databases."""
    return Settings(ledger_database_url=dsn, data_dir=data_dir, lease_seconds=2)


def trap(point: str) -> Callable[[str], None]:
    """Kill this process when a point is reached."""

    def probe(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return probe


if __name__ == "__main__":
    source, target, folder, lane, point = sys.argv[1:]
    settings = settings_for(source, Path(folder))
    asyncio.run(moving_lanes.move(settings, "ledger", [int(lane)], target, trap(point)))
