"""Mailboxes that mail servers report to: over IMAP or POP3, with TLS, or a Maildir.

Each turn is a connection of its own: what was dealt with is deleted, and what else is there is
read. They block: call them in a thread.
"""

import imaplib
import mailbox
import poplib
import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

Tls = Literal["starttls", "tls", "none"]

MAIL_BYTES_MAX = 262_144
"""What a report is about stands at its beginning, before what it returns."""
_POP_LINES_MAX = 2000
_SECONDS_MAX = 10

Mails = list[tuple[str, bytes]]
"""Mails with the keys by which the mailbox knows them."""


class Box(Protocol):
    """A mailbox. Raises `OSError` or the library's error when it cannot be reached."""

    def turn(self, done: Collection[str], skip: Collection[str], limit: int) -> Mails:
        """Delete the mails `done` and read others, but for those to `skip`; what is read stays."""
        ...


@dataclass(frozen=True)
class Login:
    """Where a mailbox is, and who we are there."""

    host: str
    port: int
    tls: Tls
    context: ssl.SSLContext
    username: str
    password: str


class ImapBox:
    """A folder over IMAP."""

    def __init__(self, login: Login, folder: str = "INBOX") -> None:
        self._login = login
        self._folder = folder

    def turn(self, done: Collection[str], skip: Collection[str], limit: int) -> Mails:
        """As the mailbox says; keys are UIDs under the folder's UIDVALIDITY."""
        with self._opened() as imap:
            validity = _validity(imap)
            ours = [key.partition(".")[2] for key in done if key.startswith(f"{validity}.")]
            if ours:
                _checked(imap.uid("STORE", ",".join(ours), "+FLAGS.SILENT", r"(\Deleted)"))
                _expunge(imap, ours)
            (found, *_) = _checked(imap.uid("SEARCH", "ALL"))
            uids = bytes(found or b"").decode().split()
            wanted = [one for one in uids if f"{validity}.{one}" not in skip][:limit]
            return [(f"{validity}.{one}", _body(imap, one)) for one in wanted]

    @contextmanager
    def _opened(self) -> Iterator[imaplib.IMAP4]:
        login = self._login
        if login.tls == "tls":
            imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                login.host, login.port, ssl_context=login.context, timeout=_SECONDS_MAX
            )
        else:
            imap = imaplib.IMAP4(login.host, login.port, timeout=_SECONDS_MAX)
        try:
            if login.tls == "starttls":
                imap.starttls(login.context)
            imap.login(login.username, login.password)
            _checked(imap.select(f'"{self._folder}"'))
            yield imap
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                imap.logout()


class PopBox:
    """A mailbox over POP3."""

    def __init__(self, login: Login) -> None:
        self._login = login

    def turn(self, done: Collection[str], skip: Collection[str], limit: int) -> Mails:
        """As the mailbox says; keys are those of UIDL. A mail the library cannot read is empty."""
        if done:
            with self._opened() as pop:
                for key, number in _numbers(pop).items():
                    if key in done:
                        pop.dele(number)
        with self._opened() as pop:
            wanted = [one for one in _numbers(pop).items() if one[0] not in skip][:limit]
            mails: Mails = []
            for key, number in wanted:
                try:
                    lines = pop.top(number, _POP_LINES_MAX)[1]
                except poplib.error_proto:  # a line too long: the rest of it is still to come
                    return [*mails, (key, b"")]
                mails.append((key, b"\r\n".join(lines)[:MAIL_BYTES_MAX]))
            return mails

    @contextmanager
    def _opened(self) -> Iterator[poplib.POP3]:
        login = self._login
        if login.tls == "tls":
            pop: poplib.POP3 = poplib.POP3_SSL(
                login.host, login.port, context=login.context, timeout=_SECONDS_MAX
            )
        else:
            pop = poplib.POP3(login.host, login.port, timeout=_SECONDS_MAX)
        try:
            if login.tls == "starttls":
                pop.stls(login.context)
            pop.user(login.username)
            pop.pass_(login.password)
            yield pop
            pop.quit()  # only now it deletes
        finally:
            pop.close()


class MaildirBox:
    """A Maildir that a mail server of this machine delivers into."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def turn(self, done: Collection[str], skip: Collection[str], limit: int) -> Mails:
        """As the mailbox says; keys are file names."""
        box = mailbox.Maildir(self._folder, create=False)
        for key in done:
            box.discard(key)
        wanted = [key for key in sorted(box.keys()) if key not in skip][:limit]
        return [(key, _beginning(box, key)) for key in wanted]


def _beginning(box: "mailbox.Maildir", key: str) -> bytes:
    try:
        with box.get_file(key) as file:
            return bytes(file.read(MAIL_BYTES_MAX))
    except KeyError:  # another instance took it
        return b""


def _validity(imap: imaplib.IMAP4) -> str:
    _, (value, *_) = imap.response("UIDVALIDITY")
    return bytes(value or b"0").decode()


def _expunge(imap: imaplib.IMAP4, uids: list[str]) -> None:
    """Those alone, where the server can (RFC 4315)."""
    if "UIDPLUS" in imap.capabilities:
        _checked(imap.uid("EXPUNGE", ",".join(uids)))
    else:
        _checked(imap.expunge())


def _body(imap: imaplib.IMAP4, uid: str) -> bytes:
    parts = _checked(imap.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MAIL_BYTES_MAX}>)"))
    return next((bytes(one[1]) for one in parts if isinstance(one, tuple)), b"")


def _checked(answer: tuple[str, list[Any]]) -> list[Any]:
    status, parts = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"answered {status}")
    return parts


def _numbers(pop: poplib.POP3) -> dict[str, int]:
    """The numbers of this connection, by key."""
    lines = (line.decode("ascii", "replace").split() for line in pop.uidl()[1])
    return {line[1]: int(line[0]) for line in lines if len(line) == 2}


FAULTS: tuple[type[Exception], ...] = (OSError, EOFError, imaplib.IMAP4.error, poplib.error_proto)
"""What a mailbox that cannot be read raises."""
