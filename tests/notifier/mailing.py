"""A notifier in a process of its own, to be killed: it works off what waits, and ends."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from services.notifier.main import build
from services.notifier.settings import NotifierSettings
from tests.notifier.world import World
from tests.support.processes import ROOT

_CODE = "from tests.notifier.mailing import main; main()"


def started(
    dsn: str, folder: Path, at: datetime, settings: dict[str, Any]
) -> subprocess.Popen[bytes]:
    """The process, on the store and the folder of a test's world, at an instant."""
    return subprocess.Popen(
        [sys.executable, "-c", _CODE, dsn, str(folder), at.isoformat(), json.dumps(settings)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


async def _run(dsn: str, folder: Path, at: datetime, settings: dict[str, Any]) -> None:
    own = NotifierSettings(outbox=folder / "outbox", **settings)
    async with World.open(build, dsn, at, folder, own=own) as world:
        await world.run()


def main() -> None:
    dsn, folder, at, settings = sys.argv[1:]
    asyncio.run(_run(dsn, Path(folder), datetime.fromisoformat(at), json.loads(settings)))
