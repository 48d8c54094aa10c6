"""The sides of a comparison: processes that prepare, wait for one another, are let go together and
say what they used.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bench.meter import Meter, Usage

Begin = Callable[[], Awaitable[None]]
"""Waits until a side may begin."""
READY = b"ready\n"
GO = b"go\n"


@dataclass(frozen=True)
class Side:
    """One side: the command of each of its processes, what goes before them, and what must hold
    afterwards (both are given the DSN of a database of the side's own).
    """

    commands: Sequence[Sequence[str]]
    before: Callable[[], Awaitable[None]]
    after: Callable[[], Awaitable[None]]


async def run(side: Side, server_pid: int) -> Usage:
    """Let a side's processes begin together; what they and the server used, all in all."""
    await side.before()
    processes = [
        await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        for command in side.commands
    ]
    try:
        for process in processes:
            await _ready(process)
        meter = Meter(server_pid)
        outputs = await asyncio.gather(*(process.communicate(GO) for process in processes))
        server = meter.read(1).server_cpu_seconds
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.wait()
    failed = [process.returncode for process in processes if process.returncode]
    if failed:
        raise RuntimeError(f"{side.commands[0]} ended with status {failed[0]}")
    await side.after()
    usages = [Usage.parse(output.splitlines()[-1]) for output, _ in outputs]
    return Usage.together(usages, server)


async def _ready(process: asyncio.subprocess.Process) -> None:
    if process.stdout is None:
        raise RuntimeError("a side's process has no output")
    async for line in process.stdout:
        if line == READY:
            return
    raise RuntimeError(f"a side's process ended with status {await process.wait()}")


async def at_once() -> None:
    """Wait for nobody."""


async def wait_for_the_others() -> None:
    """In a side's process: say that it is ready, and go on when all are."""
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    await asyncio.to_thread(sys.stdin.buffer.readline)
