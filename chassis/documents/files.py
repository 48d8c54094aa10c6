"""Files for people, sorted into folders by creditor and day: `<folder>/<creditor>/<date>/…`."""

import os
from datetime import date
from pathlib import Path


class DatedFiles:
    """A folder of files that appear whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, creditor: str, day: date, name: str) -> Path:
        """Where a file of a day lies; `name` may begin with a folder."""
        return self._folder / file_name(creditor) / day.isoformat() / name

    def put(self, path: Path, content: bytes) -> None:
        """Write a file; writing it twice leaves one. Raises `OSError`."""
        beside = path.with_name(f".{path.name}.tmp")
        try:
            beside.write_bytes(content)
        except FileNotFoundError:  # the first one of its folder
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content)
        os.replace(beside, path)  # noqa: PTH105 - the module's word for atomic

    def forget(self, creditor: str, pattern: str) -> None:
        """Delete the files of a name (a glob), whatever day they are filed under."""
        for path in (self._folder / file_name(creditor)).glob(f"*/{pattern}"):
            path.unlink(missing_ok=True)


def file_name(identifier: str) -> str:
    """An identifier as a file name: one of dots alone would name a folder above."""
    return identifier.replace("/", "%2F") if identifier.strip(".") else "%2E" * len(identifier)
