"""The server's user reaches what it must, wherever the checkout lies."""

import subprocess
from pathlib import Path

from chassis.servers.postgres_host import as_server_user, binary


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
