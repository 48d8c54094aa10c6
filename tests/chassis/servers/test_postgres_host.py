"""The server's user reaches what it must, wherever the checkout lies."""

import subprocess
from pathlib import Path

import pytest

from chassis.servers.postgres_host import (
    BUFFERS_MB_MAX,
    BUFFERS_MB_MIN,
    as_server_user,
    binary,
    buffers_mb,
)


def test_a_program_in_a_folder_closed_to_others_is_run_and_seen_as_runnable(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program = closed / "program"
    program.write_text('#!/bin/sh\ntest -x "$0" && test "$(id -u)" != 0\n')
    program.chmod(0o755)
    subprocess.run(as_server_user([str(program)], closed), check=True, cwd="/")


def test_the_programs_of_the_wheel_are_found() -> None:
    assert binary("initdb").is_file()
    assert binary("postgres").is_file()


@pytest.mark.parametrize(
    ("limit", "buffers"), [("max", None), (f"{4 << 30}", 512), (f"{1 << 30}", BUFFERS_MB_MIN)]
)
def test_buffers_are_a_part_of_what_a_container_may_use(
    tmp_path: Path, limit: str, buffers: int | None
) -> None:
    memory_max = tmp_path / "memory.max"
    whole = buffers_mb(memory_max)
    assert BUFFERS_MB_MIN <= whole <= BUFFERS_MB_MAX
    memory_max.write_text(f"{limit}\n")
    assert buffers_mb(memory_max) == (whole if buffers is None else min(whole, buffers))
