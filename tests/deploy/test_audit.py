"""`make audit` finds what is known of the packages that are used, without a network too."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.audit import advisories, licences
from deploy.audit.bill import completed
from deploy.image.lock import TOP, locked, needed

ADVISORY: dict[str, Any] = {
    "id": "PYSEC-1",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "some-thing"},
            "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}]},
                {"type": "ECOSYSTEM", "events": [{"introduced": "2.0"}, {"last_affected": "2.1"}]},
            ],
            "versions": ["3.0"],
        }
    ],
}


@pytest.mark.parametrize(
    ("version", "found"),
    [("0.1", 1), ("1.2", 0), ("1.9", 0), ("2.0", 1), ("2.1", 1), ("2.1.1", 0), ("3.0", 1)],
)
def test_a_version_is_affected_from_where_it_was_introduced_until_it_was_fixed(
    version: str, found: int
) -> None:
    assert len(advisories.about({"some-thing": [ADVISORY]}, "Some_Thing", version)) == found


def test_what_is_kept_here_is_asked_for_as_osv_is() -> None:
    with advisories.answering({"some-thing": [ADVISORY]}) as url:
        asked = {"package": {"name": "some-thing", "ecosystem": "PyPI"}, "version": "1.0"}
        assert [one["id"] for one in httpx.post(url, json=asked).json()["vulns"]] == ["PYSEC-1"]
        assert httpx.post(url, json=asked | {"version": "1.2"}).json() == {}


def test_an_old_version_is_found_in_what_is_kept_here(tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    old.write_text("jinja2==2.10\n", encoding="utf-8")
    program = str(Path(sys.executable).with_name("pip-audit"))
    with advisories.answering(advisories.load()["advisories"]) as url:
        done = subprocess.run(
            [
                *(program, "--requirement", str(old), "--disable-pip", "--no-deps"),
                *("--vulnerability-service", "osv", "--osv-url", url, "--format", "json"),
            ],
            check=False,
            capture_output=True,
            text=True,
        )
    (told,) = json.loads(done.stdout)["dependencies"]
    assert "PYSEC-2019-217" in [one["id"] for one in told["vulns"]]
    assert done.returncode == 1


def test_nothing_that_is_locked_is_known_to_be_vulnerable() -> None:
    known = advisories.load()["advisories"]
    assert known
    for name, version in locked(TOP):
        assert [one["id"] for one in advisories.about(known, name, version)] == [], name


def test_what_runs_is_under_a_licence_that_suits() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert list(licences.unsuitable(needed(project["dependencies"]))) == []
    assert [name for name, _ in licences.unsuitable({"pytest"})] == []


def test_a_licence_that_does_not_suit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "READ", {"pytest": "GPL-3.0-only"})
    assert list(licences.unsuitable({"pytest"})) == [("pytest", "GPL-3.0-only")]


def test_the_bill_says_what_each_package_is_called_its_licence_and_whether_it_runs() -> None:
    written = {
        "metadata": {"timestamp": "2026-01-01T00:00:00Z"},
        "components": [{"name": one, "version": "1"} for one in ("Typer", "pytest")],
    }
    bill = completed(written, "0.1.0", {"typer"})
    assert bill["metadata"]["component"]["name"] == "arrears"
    told = [(one["purl"], one["scope"], one["licenses"]) for one in bill["components"]]
    mit = [{"license": {"name": "MIT"}}]
    assert told == [
        ("pkg:pypi/typer@1", "required", mit),
        ("pkg:pypi/pytest@1", "excluded", mit),
    ]
