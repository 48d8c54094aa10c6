"""Long posting lists are sent in pieces, and their lines keep their numbers."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from arrears.apis import Apis
from arrears.posting import send, write_slips
from chassis.settings import ServiceName


class Post(Apis):
    """A notifier that refuses the second line of every piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    async def call(self, *_: Any, content: bytes | None = None, **__: Any) -> Any:
        assert content is not None
        self.pieces.append(content)
        refused = [{"line": 3, "reason": "no"}]
        return {"news": 1, "known": 2, "empty": 3, "refused": refused}


async def test_pieces_have_the_header_and_lines_the_numbers_of_the_file() -> None:
    post, head = Post(), b"\xef\xbb\xbfnotice,receipt\r\n"
    lines = [b"N-%d,R\r\n" % number for number in range(1200)]
    lines[499] = b'N-499,"a\r\n'
    lines[500] = b'b"\r\n'
    told = await send(post, "acme", head + b"".join(lines))
    assert [piece.count(b"\r\n") - 1 for piece in post.pieces] == [501, 500, 199]
    assert all(piece.startswith(head) for piece in post.pieces)
    assert b"".join(piece.removeprefix(head) for piece in post.pieces) == b"".join(lines)
    assert [one["line"] for one in told["refused"]] == [3, 504, 1004]
    assert (told["news"], told["known"], told["empty"]) == (3, 6, 9)


class Served(Apis):
    """A creditor with one open task to serve a notice."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def pages(self, service: ServiceName, path: str, **params: Any) -> AsyncIterator[Any]:
        assert (service, path, params["kind"]) == ("dunning", "/v1/tasks", "serve_notice")
        yield {"account": "A/1", "task_id": "acme:T-1"}

    async def file(self, service: ServiceName, path: str, **params: Any) -> bytes:
        self.asked.append(path)
        return b"%PDF"


async def test_every_open_task_that_serves_a_notice_gets_its_slip(tmp_path: Path) -> None:
    served = Served()
    (path,) = await write_slips(served, "acme", tmp_path / "slips")
    assert path == tmp_path / "slips" / "acme-A_1-acme_T-1.pdf"
    assert path.read_bytes() == b"%PDF"
    assert served.asked == ["/v1/accounts/A%2F1/serving-slips/acme%3AT-1"]
