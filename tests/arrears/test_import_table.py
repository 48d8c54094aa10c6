"""Every line of a CSV file is accounted for; a file that is not what its map says is refused."""

from pathlib import Path

import pytest

from arrears.billing_import.table import CsvForm, Record, Sifted, read_table, sift
from arrears.errors import UsageError


def sifted(folder: Path, content: str | bytes, form: CsvForm = CsvForm()) -> Sifted[Record]:  # noqa: B008 - frozen
    path = folder / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return sift(read_table(path, form, ["a", "b"]), lambda record: record)


def firsts(found: Sifted[Record]) -> list[str]:
    return [record.cells["a"] for record in found.rows]


def test_a_quotation_mark_that_swallows_lines_is_refused_where_it_opens(tmp_path: Path) -> None:
    found = sifted(tmp_path, 'a,b,c\n1,2,3\n4,"5,6\n7,8,9\n10,"11",12\n')
    assert firsts(found) == ["1", "7", "10"]
    (refusal,) = found.refusals
    assert (refusal.line, refusal.column) == (3, "b")
    assert found.lines == "5 lines: 1 of the header, 0 blank, 3 taken, 1 refused"


def test_a_quotation_mark_in_the_middle_of_a_cell_is_refused(tmp_path: Path) -> None:
    (refusal,) = sifted(tmp_path, 'a,b,c\n1,"2"x,3\n').refusals
    assert str(refusal) == "line 2: a quotation mark closes in the middle of a cell"


def test_a_cell_with_line_breaks_is_one_cell_where_the_map_allows_them(tmp_path: Path) -> None:
    form = CsvForm(line_breaks=True)
    found = sifted(tmp_path, 'a,b,c\n1,"Harbour Road 5\nPort",3\n4,5,6\n', form)
    assert found.rows[0].cells["b"] == "Harbour Road 5\nPort"
    assert found.lines == "4 lines: 1 of the header, 0 blank, 3 taken, 0 refused"


def test_rows_are_no_part_of_a_cell_even_where_line_breaks_are_allowed(tmp_path: Path) -> None:
    form = CsvForm(line_breaks=True)
    found = sifted(tmp_path, 'a,b,c\n1,"2,3\n4,5,6\n7,8,"9"\n', form)
    assert [refusal.line for refusal in found.refusals] == [2]
    assert firsts(found) == ["4", "7"]


def test_blank_lines_and_lines_of_empty_cells_are_counted_as_blank(tmp_path: Path) -> None:
    found = sifted(tmp_path, "\r\nsep=;\r\na;b\r\n1;2\r\n;\r\n  \r\nTotal;7;9\r\n", CsvForm(";"))
    assert firsts(found) == ["1"]
    assert found.lines == "7 lines: 3 of the header, 2 blank, 1 taken, 1 refused"


def test_title_lines_above_the_header_are_left_out_by_the_map(tmp_path: Path) -> None:
    found = sifted(tmp_path, "Open items\nas of May\na,b\n1,2\n", CsvForm(header_line=3))
    assert firsts(found) == ["1"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "gb18030", "utf-16", "utf-16-le"])
def test_text_is_read_in_the_encoding_of_the_map(tmp_path: Path, encoding: str) -> None:
    text = "客户" if encoding == "gb18030" else "Größe"
    found = sifted(tmp_path, f"a,b\n{text},2\n".encode(encoding), CsvForm(encoding=encoding))
    assert firsts(found) == [text]


@pytest.mark.parametrize(
    ("content", "encoding", "says"),
    [
        ("a,b\nGröße,2\n".encode("cp1252"), "utf-8-sig", "line 2: is not utf-8-sig text at byte 6"),
        ("a,b\nGröße,2\n".encode("utf-16"), "utf-8-sig", "begins as utf-16 text"),
        ("a,b\nGröße,2\n".encode("utf-8-sig"), "gb18030", "begins as utf-8 text"),
        ("a,b\nGröße,2\n".encode(), "cp1252", "is utf-8 text, but the map says cp1252"),
    ],
)
def test_a_file_in_another_encoding_is_refused(
    tmp_path: Path, content: bytes, encoding: str, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        sifted(tmp_path, content, CsvForm(encoding=encoding))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a;b\n1;2\n", "are they parted by ';'"),
        ("a,b,a\n1,2,3\n", "line 1: the header has column 'a' twice"),
        ("a,c\n1,2\n", "no column 'b'; the columns are a, c"),
        ("", "is empty"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        sifted(tmp_path, content)
