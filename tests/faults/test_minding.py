"""A run of faults that is ended from outside leaves nothing running."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.minding import until_told

_RUNNER = """
import subprocess, sys, time
from pathlib import Path
from tests.faults.minding import Minder

minder = Minder(Path(sys.argv[1]))
server = subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL, start_new_session=True)
print(server.pid, flush=True)
if sys.argv[2] == "close":
    minder.close()
else:
    time.sleep(600)
"""
_SECONDS_MAX = 60.0


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _runner(folder: Path, how: str) -> "tuple[subprocess.Popen[str], int]":
    command = [sys.executable, "-c", _RUNNER, str(folder), how]
    runner = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    assert runner.stdout is not None
    return runner, int(runner.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_killed_run_started_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    runner, server = _runner(tmp_path, "stay")
    assert _runs(server)
    runner.send_signal(number)
    runner.communicate()
    deadline = time.monotonic() + _SECONDS_MAX
    while _runs(server):
        assert time.monotonic() < deadline, "the server of a killed run still runs"
        time.sleep(0.05)


def test_a_run_that_ends_in_order_is_left_alone(tmp_path: Path) -> None:
    runner, server = _runner(tmp_path, "close")
    try:
        runner.communicate()
        assert _runs(server)
    finally:
        os.kill(server, signal.SIGKILL)


async def test_a_run_told_to_end_lets_go_of_everything() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(until_told(work()))
    await began.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
