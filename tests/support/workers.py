"""Which tests are done by the same worker of `pytest -n`, and in what order work is given out.

Every worker has servers of its own. A file is one piece of work; what drives whole systems of
processes is one piece together, so that no two of them want the machine at once. It comes first,
as the longest.
"""

from pathlib import PurePosixPath

SYSTEMS = ("tests/chaos", "tests/faults", "tests/hostile", "tests/sabotage", "tests/system")
ONE_WORLD = ("tests/isolation/boundaries", "tests/scenarios")
"""Folders whose tests share a world that lives as long as the session."""
_LONG = ("tests/answers", "tests/properties", *ONE_WORLD)


def piece_of(nodeid: str) -> str:
    """What of the work a test belongs to."""
    file = nodeid.partition("::")[0]
    if _is_below(file, SYSTEMS):
        return "systems"
    return next((folder for folder in ONE_WORLD if _is_below(file, (folder,))), file)


def turn_of(nodeid: str) -> int:
    """When a piece is given out: what takes long must not come last, when nobody else works."""
    file = nodeid.partition("::")[0]
    return next((turn for turn, group in enumerate((SYSTEMS, _LONG)) if _is_below(file, group)), 2)


def _is_below(file: str, folders: tuple[str, ...]) -> bool:
    return any(PurePosixPath(file).is_relative_to(folder) for folder in folders)
