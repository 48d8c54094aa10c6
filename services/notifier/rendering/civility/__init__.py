"""Words that no notice may have, with the reason: wording is civil (rule 7)."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from chassis.errors import Misconfigured

_HERE = Path(__file__).parent
_LATIN = re.compile(r"[A-Za-z]")


class Uncivil(NamedTuple):
    """A word that was found, on which line, and why it may not stand there."""

    line: int
    word: str
    reason: str


def uncivil(text: str, words: Mapping[str, str]) -> list[Uncivil]:
    """Every line of a text that has one of the words; those in Latin letters as whole words."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        found += [Uncivil(number, word, why) for word, why in words.items() if _in(word, line)]
    return found


def words_for(more: Iterable[Path] = ()) -> dict[str, str]:
    """The built-in words of all languages, and those of further files."""
    words: dict[str, str] = {}
    for path in (_HERE / "zh.txt", _HERE / "en.txt"):
        words |= _built_in(path)
    for path in more:
        words |= read_words(path)
    return words


def read_words(path: Path) -> dict[str, str]:
    """The words of a file: `word: reason` on each line; `#` begins a remark.

    Raises `Misconfigured` where it cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"the list of words {path} cannot be read") from error
    words = {}
    for line in lines:
        word, _, reason = line.partition(":")
        if word.strip() and not word.startswith("#"):
            words[word.strip()] = reason.strip() or "not civil"
    return words


_built_in = cache(read_words)


@cache
def _pattern(word: str) -> re.Pattern[str]:
    bound = r"\b" if _LATIN.search(word) else ""
    inner = r"\s+".join(re.escape(part) for part in word.split())
    return re.compile(f"{bound}{inner}{bound}", re.IGNORECASE)


def _in(word: str, line: str) -> bool:
    return _pattern(word).search(line) is not None
