"""The command `arrears`, whose services read the time off a file that all pods mount."""

import asyncio
import sys
from pathlib import Path

from arrears import live
from arrears.cli import main
from chassis.logging import configure
from chassis.settings import Settings, service_named
from tests.faults.clock import ShiftedClock

CLOCK = Path("/data/clock")


def serve(*names: str) -> None:
    settings = Settings()
    configure("arrears", settings.log_level)
    services = [service_named(name) for name in names]
    asyncio.run(live.run(settings, services, lambda: None, clock=ShiftedClock(CLOCK)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    else:
        main()
