"""What a service loads before it answers: what only some of its work needs is loaded by that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chassis.settings import SERVICES
from tests.support.processes import ARREARS

_LATER = ("alembic", "sqlalchemy", "mako", "typst", "xlsxwriter")
_START = """
import sys
from arrears import live
from arrears.commands import serve
import services.{service}.main
print(*(name for name in sys.modules if name in {later}))
"""


@pytest.mark.parametrize("service", SERVICES)
def test_a_start_loads_nothing_that_it_does_not_use(service: str) -> None:
    code = _START.format(service=service, later=_LATER)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def _said(*arguments: str, **environment: str) -> tuple[int, str, str]:
    command = [*ARREARS, *arguments]
    told = os.environ | environment
    done = subprocess.run(command, capture_output=True, text=True, env=told, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_setting_that_does_not_fit_is_named_and_never_repeated() -> None:
    wrong = {"ARREARS_TOKEN_SECONDS_MAX": "0", "ARREARS_BUS": "pass-word"}
    status, _, said = _said("up", **wrong)
    assert status == 2
    assert [line.split(": ")[0] for line in said.splitlines()] == sorted(wrong)[::-1]
    assert "pass-word" not in said


def test_a_blank_path_is_named_and_is_not_the_folder_one_happens_to_be_in() -> None:
    wrong = {"ARREARS_ERASURES_FILE": "", "ARREARS_JWKS_FILE": " ", "ARREARS_DATA_DIR": ""}
    status, _, said = _said("up", **wrong)
    assert status == 2
    assert {line.split(": ")[0] for line in said.splitlines()} == wrong.keys()
    assert "leave the setting out" in said


def test_it_says_its_version_as_a_report_of_a_weakness_should() -> None:
    status, said, _ = _said("--version")
    assert (status, said.count(".")) == (0, 2)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status, _, said = _said(
        "token", "--role", "sre", ARREARS_DATA_DIR=str(tmp_path / "file" / "data")
    )
    assert (status, said) == (2, f"{tmp_path}/file/data: Not a directory\n")
