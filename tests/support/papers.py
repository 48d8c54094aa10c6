"""What readers of PDFs find in ours: text, fonts, pages (Debian's poppler-utils), QR codes."""

import re
import subprocess
from collections.abc import Iterator

import zxingcpp

_DOTS_PER_INCH = "200"
"""As a plain scanner has."""


def text_of(paper: bytes) -> str:
    """All its text, in the order it is laid out."""
    return _run("pdftotext", "-layout", "-", "-", given=paper)


def words_of(paper: bytes) -> str:
    """All its text without blanks: what was broken into lines is whole again."""
    return re.sub(r"\s", "", _run("pdftotext", "-raw", "-", "-", given=paper))


def box_of(paper: bytes, word: str) -> tuple[float, float, float, float]:
    """Where a word stands on its page, in millimetres from the upper left corner: left, upper,
    right and lower edge.
    """
    page = _run("pdftotext", "-bbox", "-", "-", given=paper)
    found = re.search(rf'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">{word}<', page)
    assert found is not None
    left, upper, right, lower = (float(edge) * 25.4 / 72 for edge in found.groups())
    return left, upper, right, lower


def fonts_of(paper: bytes) -> list[tuple[str, str]]:
    """Its fonts: name, and whether it is embedded (`yes`)."""
    lines = _run("pdffonts", "-", given=paper).splitlines()[2:]
    return [(line.split()[0], line.split()[-5]) for line in lines]


def pages_of(paper: bytes) -> int:
    found = re.search(r"^Pages:\s+(\d+)$", _run("pdfinfo", "-", given=paper), re.MULTILINE)
    assert found is not None
    return int(found[1])


def codes_of(paper: bytes) -> list[list[str]]:
    """By page, what a scanner reads from the QR codes on it."""
    pictures = _run_raw("pdftoppm", "-gray", "-r", _DOTS_PER_INCH, "-", given=paper)
    qr = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return [
        [code.text for code in zxingcpp.read_barcodes(page, formats=qr)]
        for page in _pages(pictures)
    ]


def _pages(pictures: bytes) -> Iterator[memoryview]:
    """Grey pictures, one behind the other (PGM)."""
    while pictures:
        head = re.match(rb"P5\s(\d+)\s(\d+)\s255\s", pictures)
        assert head is not None
        width, height = int(head[1]), int(head[2])
        end = head.end() + width * height
        yield memoryview(pictures[head.end() : end]).cast("B", [height, width])
        pictures = pictures[end:]


def _run(*command: str, given: bytes) -> str:
    return _run_raw(*command, given=given).decode()


def _run_raw(*command: str, given: bytes) -> bytes:
    return subprocess.run(command, input=given, check=True, capture_output=True).stdout
