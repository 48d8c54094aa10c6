"""Prints the figures: `python -m tests.structure [FOLDER] [--places]`."""

import sys
from pathlib import Path

from tests.structure.figures import Places, longest_chains, places
from tests.structure.limits import CHAINS, LIMITS

HERE = Path(__file__).parents[2]


def main(arguments: list[str]) -> None:
    folders = [word for word in arguments if not word.startswith("--")]
    top = Path(folders[0]) if folders else HERE
    _print("what", places(top), LIMITS, "--places" in arguments)
    _print("longest chain of imports", longest_chains(top), CHAINS, "--places" in arguments)


def _print(title: str, found: Places, limits: dict[str, int], is_long: bool) -> None:
    print(f"{title:<32}{'figure':>8}{'limit':>8}")  # noqa: T201 - a command prints
    for name, where in found.items():
        print(f"{name:<32}{len(where):>8}{limits[name]:>8}")  # noqa: T201
        for place in where if is_long else ():
            print(f"    {place}")  # noqa: T201


main(sys.argv[1:])
