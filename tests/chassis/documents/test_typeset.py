"""Papers: equal bytes for equal input, fonts within, and no character lost in silence."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from chassis.documents.typeset import Typesetter, typesetter
from chassis.errors import Malformed, Misconfigured
from tests.support.debian import require
from tests.support.papers import fonts_of, pages_of, text_of

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
TEMPLATE = """
#import "/paper.typ": *
#show: paper.with(lang: data.lang, title: data.title)
= #data.title
#for one in data.lines [#one #parbreak()]
"""
TITLE = "欠费催缴通知书"
LINES = ["张三：您好，*not bold* #x", "¥2,797.61"]
DATA = {"lang": "zh", "title": TITLE, "lines": LINES}


@pytest.fixture
def setter() -> Typesetter:
    require("fonts-noto-cjk", "poppler-utils")
    return typesetter()


def test_what_is_handed_over_is_read_as_text_in_embedded_fonts(setter: Typesetter) -> None:
    paper = setter.pdf(TEMPLATE, DATA, at=AT)
    text = text_of(paper)
    assert all(line in text for line in (TITLE, *LINES, "第 1 页，共 1 页"))
    assert {embedded for _, embedded in fonts_of(paper)} == {"yes"}
    assert {name.split("+")[1].split("-")[0] for name, _ in fonts_of(paper)} == {
        "NotoSansCJKsc",
        "NotoSerifCJKsc",
    }
    assert b"pdfaid" in paper


def test_another_process_sets_the_same_bytes_and_so_do_threads_at_once(setter: Typesetter) -> None:
    here = sha256(setter.pdf(TEMPLATE, DATA, at=AT)).hexdigest()
    there = (
        "from hashlib import sha256; from tests.chassis.documents.test_typeset import *;"
        "print(sha256(typesetter().pdf(TEMPLATE, DATA, at=AT)).hexdigest())"
    )
    said = subprocess.run([sys.executable, "-c", there], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == here
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: setter.pdf(TEMPLATE, DATA, at=AT), range(8)))
    assert {sha256(one).hexdigest() for one in made} == {here}
    later = setter.pdf(TEMPLATE, DATA, at=AT.replace(hour=10))
    assert sha256(later).hexdigest() != here


def test_a_character_without_a_glyph_is_named_with_its_place(setter: Typesetter) -> None:
    with pytest.raises(Malformed, match=r"lines\[1\]: no glyph for U\+2A6A5"):
        setter.pdf(TEMPLATE, DATA | {"lines": ["龘", "张𪚥"]}, at=AT)
    assert setter.unset("张𠮷䶮 e\u0301\u200b\n葛\U000e0100 \x07😀") == "\x07😀"


def test_a_template_that_cannot_be_set_is_refused(setter: Typesetter) -> None:
    with pytest.raises(Malformed, match="template: "):
        setter.pdf("#import", {}, at=AT)
    with pytest.raises(Malformed, match="template: "):
        setter.pdf('#read("/etc/passwd")', {}, at=AT)


def test_long_papers_number_their_pages(setter: Typesetter) -> None:
    paper = setter.pdf(TEMPLATE, DATA | {"lang": "en", "lines": ["Line"] * 100}, at=AT)
    assert pages_of(paper) == 3
    assert "Page 3 of 3" in text_of(paper)


def test_without_fonts_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="apt-get install fonts-noto-cjk"):
        Typesetter(tmp_path)
