"""Takes a safeguard away in a copy of the code, and runs there the test that should notice."""

import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.sabotage.mutants import Mutant

ROOT = Path(__file__).parents[2]
_NOT_COPIED = (".venv", ".git", "data", "build", ".*_cache", ".hypothesis")
_SECONDS_MAX = 600
_OUTCOMES = ("failure", "error")


class Result(NamedTuple):
    """What became of a test: how many passed, and how those that did not said it."""

    passed: int
    failures: tuple[str, ...]
    errors: tuple[str, ...]


class Verdict(NamedTuple):
    """Whether a mutant was caught, and why not."""

    mutant: Mutant
    caught: bool
    why: str


def mutated(mutant: Mutant, root: Path = ROOT) -> str:
    """The file without its safeguard; raises `LookupError` when it no longer looks as declared."""
    text = (root / mutant.file).read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        found = text.count(mutant.old)
        raise LookupError(
            f"{mutant.safeguard}: {mutant.file} has the declared text {found} times, not once"
        )
    return text.replace(mutant.old, mutant.new)


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the code, gone afterwards: what is tried is never done to the checkout."""
    with tempfile.TemporaryDirectory(prefix="arrears-sabotage-") as name:
        folder = Path(name) / "tree"
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*_NOT_COPIED))
        _require_own_code(folder)
        yield folder


def run(folder: Path, tests: Sequence[str]) -> Result:
    """Run tests on the code of a folder."""
    report = folder.parent / "report.xml"
    report.unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}",
        *tests,
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS_MAX, check=False
    )
    if not report.exists():
        return Result(0, (), (done.stdout[-2000:] + done.stderr[-2000:],))
    return _read(report)


def try_one(folder: Path, mutant: Mutant) -> Verdict:
    """Take a safeguard away, see what the test says, and put it back."""
    file = folder / mutant.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(mutated(mutant, folder), encoding="utf-8")
    try:
        result = run(folder, [mutant.test])
    except subprocess.TimeoutExpired:
        return Verdict(mutant, caught=False, why="the test does not end")
    finally:
        file.write_text(whole, encoding="utf-8")
    return judged(mutant, result)


def judged(mutant: Mutant, result: Result) -> Verdict:
    """Caught is what a test says no to for the reason that is declared, not what cannot be run."""
    if result.errors:
        return Verdict(mutant, caught=False, why=f"the test cannot be run: {result.errors[0]}")
    if not result.failures:
        return Verdict(mutant, caught=False, why=f"{result.passed} tests pass all the same")
    said = next((one for one in result.failures if re.search(mutant.fails_with, one)), None)
    if said is None:
        return Verdict(mutant, caught=False, why=f"fails otherwise: {result.failures[0]}")
    return Verdict(mutant, caught=True, why=said)


def _read(report: Path) -> Result:
    found: dict[str, list[str]] = {name: [] for name in _OUTCOMES}
    passed = 0
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest's own report
        outcomes = [one for one in case if one.tag in _OUTCOMES]
        passed += not outcomes and case.find("skipped") is None
        for one in outcomes:
            found[one.tag].append(one.get("message", "") or (one.text or "")[-300:])
    return Result(passed, tuple(found["failure"]), tuple(found["error"]))


def _require_own_code(folder: Path) -> None:
    """Raise when Python would take the code from elsewhere."""
    asked = [sys.executable, "-c", "import chassis, tests; print(chassis.__file__)"]
    told = subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=True).stdout
    if not Path(told.strip()).is_relative_to(folder):
        raise LookupError(f"the copy in {folder} would run the code of {told.strip()}")
