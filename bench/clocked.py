"""A service as `arrears serve` runs it, on a clock that another process sets through a file:
`python -m bench.clocked CLOCK SERVICE`.
"""

import asyncio
import sys
from pathlib import Path

from arrears import live
from chassis.logging import configure
from chassis.settings import Settings, service_named
from tests.faults.clock import ShiftedClock


def _serve(clock: str, name: str) -> None:
    settings = Settings()
    configure("arrears", settings.log_level)
    names = [service_named(name)]
    asyncio.run(live.run(settings, names, lambda: None, clock=ShiftedClock(Path(clock))))


if __name__ == "__main__":
    _serve(*sys.argv[1:])
