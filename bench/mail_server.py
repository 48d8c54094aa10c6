"""A mail server in a process of its own, which takes everything and keeps a
count: `python -m bench.mail_server PORT`.

It says `ready` when it listens, and ends with how often it took each message once it is told to.
"""

import asyncio
import sys
from collections import Counter

import orjson
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench import sides

_HOST = "127.0.0.1"


class _Mails:
    """Counts mails by the address they go to."""

    def __init__(self, taken: Counter[str]) -> None:
        self._taken = taken

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._taken.update(envelope.rcpt_tos)
        return "250 OK"


async def _smtp(port: int, taken: Counter[str]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(_Mails(taken)), _HOST, port)
    await sides.wait_for_the_others()
    _tell(taken)
    server.close()


def main() -> None:
    """Serve until told to end, then tell."""
    (port,) = sys.argv[1:]
    taken: Counter[str] = Counter()
    asyncio.run(_smtp(int(port), taken))


def _tell(taken: Counter[str]) -> None:
    sys.stdout.buffer.write(orjson.dumps(taken) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
