"""Names under which browsers keep what they are given."""

import json

import pytest

from chassis.http.files import as_file, as_json


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


async def test_a_long_answer_is_the_json_of_what_it_tells_whatever_that_is() -> None:
    told = {
        "text": '"}],"role":"admin' + "\\u0022\\ </script> \u2028\u2029\x00\x1f\t\r\n 欧阳 😀",
        '"key"\n': [None, True, 0, -1.5, {"a\\": []}],
        "no number": float("inf"),
    }
    answer = await as_json(told)
    assert json.loads(bytes(answer.body)) == told | {"no number": None}
