"""Long posting lists are sent in pieces, and their lines keep their numbers."""

from typing import Any

from arrears.apis import Apis
from arrears.posting import send


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
