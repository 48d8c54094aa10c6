"""The part of requirements.lock that runs: without what only developers need.

`python -m deploy.image.lock` prints it. What is installed beside this Python says who needs whom.
"""

import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.image.recipe import LOCK

TOP = Path(__file__).parents[2]


def runtime_lock(top: Path = TOP) -> str:
    """The blocks of the lock file that the project's own dependencies lead to."""
    project = tomllib.loads((top / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = needed(project["dependencies"])
    blocks = dict(_blocks((top / LOCK).read_text(encoding="utf-8")))
    if missing := sorted(wanted - blocks.keys()):
        raise SystemExit(f"{LOCK} lacks {', '.join(missing)}")
    return "".join(block for name, block in blocks.items() if name in wanted)


def locked(top: Path = TOP) -> list[tuple[str, str]]:
    """Every package the lock file names, with its version."""
    text = (top / LOCK).read_text(encoding="utf-8")
    found = re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE)
    return [(canonicalize_name(name), version) for name, version in found]


def needed(dependencies: Iterable[str]) -> set[str]:
    """Names of the packages that dependencies lead to on this platform."""
    seen: set[tuple[str, str]] = set()
    ahead = [(Requirement(each), "") for each in dependencies]
    while ahead:
        requirement, extra = ahead.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for wanted in ("", *requirement.extras):
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                further = importlib.metadata.requires(name) or []
                ahead += [(Requirement(each), wanted) for each in further]
    return {name for name, _ in seen}


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    for block in re.split(r"^(?=\S)", text, flags=re.MULTILINE):
        if "==" in block:
            yield canonicalize_name(block.split("==")[0]), block


if __name__ == "__main__":
    sys.stdout.write(runtime_lock())
