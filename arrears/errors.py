"""What the command line says when it cannot go on."""

from dataclasses import dataclass
from pathlib import Path


class UsageError(Exception):
    """Something the person at the keyboard can put right; shown as one sentence, exit status 2."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a file: where, in which field, and what."""

    line: int
    field: str
    message: str


class FileError(UsageError):
    """A file that cannot be read; names the file, and each fault's line and field."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self.path = path
        self.faults = faults
        super().__init__("\n".join(_sentence(path, fault) for fault in faults))


def _sentence(path: Path, fault: Fault) -> str:
    field = f"{fault.field}: " if fault.field else ""
    return f"{path}:{fault.line}: {field}{fault.message}"
