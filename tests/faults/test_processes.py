"""A process that is ended while another watches over it."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.faults.processes import Process


async def test_what_is_started_again_at_once_has_ended_before(tmp_path: Path) -> None:
    process = Process("sleeper", tmp_path / "log", time.sleep, 600)
    process.start()
    first = process.pid
    killing = asyncio.create_task(process.kill())
    try:
        await asyncio.sleep(0)  # it is told to end now, and looked at again in a moment
        while process.is_running:
            time.sleep(0.001)  # noqa: ASYNC251 - nobody may look at it before it is started again
        process.run_again()
        assert process.pid != first
        await asyncio.wait_for(killing, 5)
        assert process.is_running
    finally:
        await process.kill()


async def test_what_does_not_end_is_named(tmp_path: Path) -> None:
    process = Process("sleeper", tmp_path / "log", time.sleep, 600)
    process.start()
    try:
        with pytest.raises(TimeoutError, match="sleeper"):
            await process.ended(0.05)
    finally:
        await process.kill()
