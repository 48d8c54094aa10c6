"""What a killed process left in the folder for temporaries is deleted, with its database server."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from arrears.commands.subject import _write
from arrears.temporary import temporary_folder
from chassis.servers.postgres_host import servers_of

PLAYED = """
import asyncio, sys, time
from arrears.temporary import temporary_folder
from chassis.servers.postgres import EmbeddedPostgres

async def main():
    with temporary_folder() as folder:
        async with EmbeddedPostgres(folder / "postgres", durable=False):
            (folder / "letter.txt").write_text("To: Ms Li")
            print(folder, flush=True)
            time.sleep(600)

asyncio.run(main())
"""


def playing(within: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PLAYED],
        env={**os.environ, "TMPDIR": str(within)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_what_a_killed_process_played_is_gone_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with playing(tmp_path) as process:
        try:
            assert process.stdout is not None
            folder = Path(process.stdout.readline().strip())
            with temporary_folder() as other:
                assert other != folder
                assert (folder / "letter.txt").exists()  # still at work
            assert servers_of(folder / "postgres" / "pgdata")
        finally:
            process.kill()
    with temporary_folder() as other:
        assert [one for one in tmp_path.glob("arrears-*") if one.is_dir()] == [other]
    assert not servers_of(folder / "postgres" / "pgdata")
    assert not [one for one in tmp_path.glob("arrears-*") if one.is_dir()]


def test_what_a_killed_process_left_of_a_copy_is_gone_with_the_next(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    left = tmp_path / f"c-a.json.{ended.pid}"
    at_work = tmp_path / f"c-a.json.{os.getppid()}"
    others = tmp_path / f"c-b.json.{ended.pid}"
    for path in (left, at_work, others):
        path.write_text("Ms Li")
    written = _write(tmp_path, "c", "a", {"json": b"{}"})
    assert sorted(tmp_path.iterdir()) == sorted([*written, at_work, others])
