"""Mailboxes that mail servers report to: over IMAP or POP3, with TLS, or a Maildir.

Each turn has connections of its own: what was dealt with is deleted, and what else is there is
read. They block: call them in a thread.
"""

import imaplib
import mailbox
import poplib
import ssl
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

Tls = Literal["starttls", "tls", "none"]
Link = TypeVar("Link")

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


class _ServerBox(ABC, Generic[Link]):
    """A mailbox of a server. What was dealt with is deleted over a connection of its own: some
    delete only as it ends well.
    """

    def __init__(self, login: Login) -> None:
        self._login = login

    def turn(self, done: Collection[str], skip: Collection[str], limit: int) -> Mails:
        """As the mailbox says. A mail the library cannot read is empty, and the last one."""
        if done:
            with self._opened() as link:
                known = self._known(link)
                self._delete(link, [name for key, name in known.items() if key in done])
        with self._opened() as link:
            wanted = [one for one in self._known(link).items() if one[0] not in skip][:limit]
            mails: Mails = []
            for key, name in wanted:
                body = self._read(link, name)
                mails.append((key, body or b""))
                if body is None:
                    break
            return mails

    @contextmanager
    def _opened(self) -> Iterator[Link]:
        login = self._login
        link = self._connected(login)
        try:
            if login.tls == "starttls":
                self._start_tls(link, login.context)
            self._enter(link, login)
            yield link
            self._leave(link)
        finally:
            self._close(link)

    @abstractmethod
    def _connected(self, login: Login) -> Link: ...

    @abstractmethod
    def _start_tls(self, link: Link, context: ssl.SSLContext) -> None: ...

    @abstractmethod
    def _enter(self, link: Link, login: Login) -> None: ...

    @abstractmethod
    def _known(self, link: Link) -> dict[str, str]:
        """The names that mails have over this connection, by key."""

    @abstractmethod
    def _delete(self, link: Link, names: Sequence[str]) -> None: ...

    @abstractmethod
    def _read(self, link: Link, name: str) -> bytes | None:
        """The beginning of a mail; None for one that cannot be read."""

    def _leave(self, link: Link) -> None:
        """What there is to say before the connection ends well."""

    @abstractmethod
    def _close(self, link: Link) -> None: ...


class ImapBox(_ServerBox[imaplib.IMAP4]):
    """A folder over IMAP; keys are UIDs under the folder's UIDVALIDITY."""

    def __init__(self, login: Login, folder: str = "INBOX") -> None:
        super().__init__(login)
        self._folder = folder

    def _connected(self, login: Login) -> imaplib.IMAP4:
        if login.tls == "tls":
            return imaplib.IMAP4_SSL(
                login.host, login.port, ssl_context=login.context, timeout=_SECONDS_MAX
            )
        return imaplib.IMAP4(login.host, login.port, timeout=_SECONDS_MAX)

    def _start_tls(self, link: imaplib.IMAP4, context: ssl.SSLContext) -> None:
        link.starttls(context)

    def _enter(self, link: imaplib.IMAP4, login: Login) -> None:
        link.login(login.username, login.password)
        _checked(link.select(f'"{self._folder}"'))

    def _known(self, link: imaplib.IMAP4) -> dict[str, str]:
        _, (validity, *_) = link.response("UIDVALIDITY")
        (found, *_) = _checked(link.uid("SEARCH", "ALL"))
        prefix = bytes(validity or b"0").decode()
        return {f"{prefix}.{uid}": uid for uid in bytes(found or b"").decode().split()}

    def _delete(self, link: imaplib.IMAP4, names: Sequence[str]) -> None:
        """Those alone, where the server can (RFC 4315)."""
        if not names:
            return
        uids = ",".join(names)
        _checked(link.uid("STORE", uids, "+FLAGS.SILENT", r"(\Deleted)"))
        if "UIDPLUS" in link.capabilities:
            _checked(link.uid("EXPUNGE", uids))
        else:
            _checked(link.expunge())

    def _read(self, link: imaplib.IMAP4, name: str) -> bytes | None:
        parts = _checked(link.uid("FETCH", name, f"(BODY.PEEK[]<0.{MAIL_BYTES_MAX}>)"))
        return next((bytes(one[1]) for one in parts if isinstance(one, tuple)), b"")

    def _close(self, link: imaplib.IMAP4) -> None:
        with suppress(OSError, imaplib.IMAP4.error):
            link.logout()


class PopBox(_ServerBox[poplib.POP3]):
    """A mailbox over POP3; keys are those of UIDL."""

    def _connected(self, login: Login) -> poplib.POP3:
        if login.tls == "tls":
            return poplib.POP3_SSL(
                login.host, login.port, context=login.context, timeout=_SECONDS_MAX
            )
        return poplib.POP3(login.host, login.port, timeout=_SECONDS_MAX)

    def _start_tls(self, link: poplib.POP3, context: ssl.SSLContext) -> None:
        link.stls(context)

    def _enter(self, link: poplib.POP3, login: Login) -> None:
        link.user(login.username)
        link.pass_(login.password)

    def _known(self, link: poplib.POP3) -> dict[str, str]:
        lines = (line.decode("ascii", "replace").split() for line in link.uidl()[1])
        return {line[1]: line[0] for line in lines if len(line) == 2}

    def _delete(self, link: poplib.POP3, names: Sequence[str]) -> None:
        for name in names:
            link.dele(name)

    def _read(self, link: poplib.POP3, name: str) -> bytes | None:
        try:
            lines = link.top(name, _POP_LINES_MAX)[1]
        except poplib.error_proto:  # a line too long: the rest of it is still to come
            return None
        return b"\r\n".join(lines)[:MAIL_BYTES_MAX]

    def _leave(self, link: poplib.POP3) -> None:
        link.quit()  # only now it deletes

    def _close(self, link: poplib.POP3) -> None:
        link.close()


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


def _checked(answer: tuple[str, list[Any]]) -> list[Any]:
    status, parts = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"answered {status}")
    return parts


FAULTS: tuple[type[Exception], ...] = (OSError, EOFError, imaplib.IMAP4.error, poplib.error_proto)
"""What a mailbox that cannot be read raises."""
