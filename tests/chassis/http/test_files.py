"""Names under which browsers keep what they are given."""

import pytest

from chassis.http.files import as_file


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("statement-A:1-2026-03-01.csv", "statement-A_1-2026-03-01.csv"),
        ('a"; filename="evil.exe', "a___filename__evil.exe"),
        ("a\r\nSet-Cookie: x=1", "a__Set-Cookie__x_1"),
        ("../../etc/passwd", "_._.._etc_passwd"),
        (".bashrc", "_bashrc"),
        ("欧阳.pdf", "__.pdf"),
    ],
)
def test_a_file_is_kept_under_a_plain_name(name: str, kept: str) -> None:
    header = as_file(b"", "text/csv", name).headers["content-disposition"]
    assert header == f'attachment; filename="{kept}"'
