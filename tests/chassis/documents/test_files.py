"""Files that appear whole or not at all."""

from datetime import date
from pathlib import Path

import pytest

from chassis.documents.files import DatedFiles, file_name

DAY = date(2026, 3, 10)


def test_a_file_lies_under_its_creditor_and_day(tmp_path: Path) -> None:
    files = DatedFiles(tmp_path)
    files.put(files.path("acme", DAY, "sms/N-1.txt"), b"text")
    assert (tmp_path / "acme/2026-03-10/sms/N-1.txt").read_bytes() == b"text"


def test_writing_twice_leaves_one_file_and_nothing_beside_it(tmp_path: Path) -> None:
    files = DatedFiles(tmp_path)
    path = files.path("acme", DAY, "N-1.txt")
    files.put(path, b"first")
    files.put(path, b"second")
    assert [(one.name, one.read_bytes()) for one in path.parent.iterdir()] == [
        ("N-1.txt", b"second")
    ]


def test_forgetting_finds_a_file_under_any_day_and_no_other_creditors(tmp_path: Path) -> None:
    files = DatedFiles(tmp_path)
    for creditor, day in (("acme", DAY), ("acme", date(2026, 4, 1)), ("zeta", DAY)):
        files.put(files.path(creditor, day, "sms/N-1.txt"), b"text")
    files.put(files.path("acme", DAY, "sms/N-2.txt"), b"text")
    files.forget("acme", "sms/N-1.*")
    left = sorted(str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*.txt"))
    assert left == ["acme/2026-03-10/sms/N-2.txt", "zeta/2026-03-10/sms/N-1.txt"]


@pytest.mark.parametrize(
    ("identifier", "name"),
    [("N-1", "N-1"), ("a/b", "a%2Fb"), ("..", "%2E%2E"), (".", "%2E"), ("v1.2", "v1.2")],
)
def test_an_identifier_never_names_another_folder(identifier: str, name: str) -> None:
    assert file_name(identifier) == name
