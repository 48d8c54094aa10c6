"""A real SMTP server on this machine, which takes mail, refuses it or hangs up."""

import asyncio
import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.processes import free_ports


@dataclass
class Mailbox:
    """What the server took, and what it says to the next message."""

    taken: list[Envelope] = field(default_factory=list)
    rcpt_answer: str = "250 OK"
    data_answer: str = "250 OK"
    hang_up: bool = False

    def mails(self) -> list[EmailMessage]:
        """What the server took, as a mail client shows it."""
        contents = (one.original_content or b"" for one in self.taken)
        return [message_from_bytes(one, policy=policy.default) for one in contents]

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(envelope)
        if self.hang_up and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return self.data_answer


@contextmanager
def mail_server(mailbox: Mailbox | None = None, **options: Any) -> Iterator[tuple[Mailbox, int]]:
    """A server and its port; it knows 8BITMIME only where `options` say so."""
    mailbox = mailbox or Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield mailbox, controller.port
    finally:
        controller.stop()
        with warnings.catch_warnings():
            # Whoever hung up in a handshake left a transport open; no other test shall hear of it.
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


def free_port() -> int:
    """A port nobody listens on just now."""
    return free_ports(1)[0]
