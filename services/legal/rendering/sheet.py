"""What stands where on a paper: a document's text, line by line as a court expects it laid out.

Whatever the text says is set, a policy's own text too: what is not recognised is a paragraph.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from contracts.words.formats import one_line

Kind = Literal["party", "heading", "request", "item", "paragraph", "flush", "signature"]

_PARTY = re.compile(r"([^：:，,。.]{1,40})[：:] ?(\S.*)")
_ITEM = re.compile(r"\s+\d+\. ")
_REQUEST = re.compile(r"([一二三四五六七八九十]+、|\d+\. )")
_HEADING = re.compile(
    r"[^，。；：]{2,10}：|[一二三四五六七八九十]+、[^，。；：]{2,12}"
    r"|Facts and grounds|\d+\. [^.;:,]{2,30}"
)
_FLUSH = re.compile(r"(附|Enclosed|To)[：:]")
_TO_COURT = "此致"
_HAN = re.compile("[\u4e00-\u9fff]")


class Block(NamedTuple):
    """Lines of one kind; a party's have the label first."""

    kind: Kind
    lines: tuple[str, ...]


def sheet_of(body: str, mark: str, language: str | None = None) -> dict[str, Any]:
    """A document's text for `paper.typ`; `mark` stands at the foot of each page."""
    title, _, rest = body.partition("\n")
    return {
        "lang": language or language_in(body),
        "title": one_line(title),
        "mark": mark,
        "blocks": [{"kind": one.kind, "lines": list(one.lines)} for one in blocks_of(rest)],
        "annexes": [],
    }


def language_in(body: str) -> str:
    """The language of a text that does not say it: that of its title."""
    return "zh" if _HAN.search(body.partition("\n")[0]) else "en"


def blocks_of(text: str) -> list[Block]:
    """The lines behind the title in their order: parties first, the signature and the day last."""
    lines = [one.rstrip() for one in text.split("\n") if one.strip()]
    if not lines:
        return []
    parties = 0
    while parties < len(lines) and _is_party(lines[parties]):
        parties += 1
    signed = max(parties, len(lines) - 2)
    return [
        *(Block("party", _labelled(one)) for one in lines[:parties]),
        *_middle(lines[parties:signed]),
        *([Block("signature", tuple(lines[signed:]))] if signed < len(lines) else []),
    ]


def _is_party(line: str) -> bool:
    return bool(_PARTY.fullmatch(line)) and not _FLUSH.match(line.replace("To: ", "", 1))


def _labelled(line: str) -> tuple[str, ...]:
    found = _PARTY.fullmatch(line)
    return (line,) if found is None else (found[1], found[2])


def _middle(lines: Sequence[str]) -> Iterator[Block]:
    before = ""
    for line in lines:
        yield Block(_kind(line, before), (line.strip(),))
        before = line


def _kind(line: str, before: str) -> Kind:
    if _ITEM.match(line):
        return "item"
    if before == _TO_COURT or _FLUSH.match(line):
        return "flush"
    if _HEADING.fullmatch(line):
        return "heading"
    return "request" if _REQUEST.match(line) else "paragraph"
