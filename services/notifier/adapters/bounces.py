"""What a mail server reports of an e-mail it could not deliver, read from the report.

Reports after RFC 3464 are read as such. What else a machine sends back is looked through by
`flufl.bounce` and, where a provider writes in words of its own, for the code of its refusal.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any, Literal

from chassis.logging import get_logger
from services.notifier.adapters.envelope import Envelopes

log = get_logger(__name__)

Fate = Literal["failed", "delayed"]

_MACHINES = frozenset({"mailer-daemon", "postmaster", ""})
_RETURNED = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers")
_TO = ("X-Failed-Recipients", "Delivered-To", "X-Original-To", "To")
_HARD = re.compile(r"(?<![\d.])5\.\d{1,3}\.\d{1,3}(?![\d.])|(?<![\d.-])55[0-4](?=[ -])")
_SOFT = re.compile(r"(?<![\d.])4\.\d{1,3}\.\d{1,3}(?![\d.])|(?<![\d.-])4[25][0-4](?=[ -])")
_TEXT_CHARACTERS_MAX = 20_000


@dataclass(frozen=True)
class Bounce:
    """The notice an e-mail was of, and whether it is lost or only late."""

    notice_id: str
    fate: Fate
    at: datetime | None


def read(raw: bytes, envelopes: Envelopes) -> Bounce | None:
    """What a mail reports of one of our e-mails; `None` for any other mail, an answer too."""
    mail = message_from_bytes(raw)
    fate = _fate(mail)
    if fate is None:
        return None
    notice_id = _notice(mail, envelopes)
    return None if notice_id is None else Bounce(notice_id, fate, _date(mail))


def subject_of(raw: bytes) -> str:
    """The subject of a mail."""
    return str(message_from_bytes(raw).get("Subject", "")).strip()


def _fate(mail: Message) -> Fate | None:
    recipients = list(_recipients(mail))
    if recipients:
        return _of_report(recipients)
    if not _is_from_a_machine(mail):
        return None
    return _of_detectors(mail) or _of_words(mail)


def _recipients(mail: Message) -> Iterator[Message]:
    """The fields of a delivery report, for each recipient it is about."""
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        if isinstance(blocks, list):
            yield from (one for one in blocks if isinstance(one, Message) and "Action" in one)


def _of_report(recipients: list[Message]) -> Fate | None:
    actions = {_word(one, "Action") for one in recipients}
    if "failed" in actions:
        return "failed"  # for good, whatever the status: the server has given up
    return "delayed" if "delayed" in actions else None  # delivered, relayed, expanded


def _of_detectors(mail: Message) -> Fate | None:
    from flufl.bounce import all_failures

    try:
        temporary, permanent = all_failures(mail)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's mail does to it
        log.warning("bounce_not_read", error=error)
        return None
    return "failed" if permanent else "delayed" if temporary else None


def _of_words(mail: Message) -> Fate | None:
    said = "\n".join(_texts(mail))
    if _HARD.search(said):
        return "failed"
    return "delayed" if _SOFT.search(said) else None


def _texts(mail: Message) -> Iterator[str]:
    """What the machine itself says, without the mail it returns."""
    if mail.get_content_type() in _RETURNED:
        return
    payload = mail.get_payload()
    if mail.is_multipart() and isinstance(payload, list):
        for part in payload:
            if isinstance(part, Message):
                yield from _texts(part)
    elif mail.get_content_maintype() == "text":
        yield _decoded(mail)[:_TEXT_CHARACTERS_MAX]


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    raw = content if isinstance(content, bytes) else b""
    for charset in (str(part.get_content_charset("utf-8")), "gb18030"):
        try:
            return raw.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
    return raw.decode("latin-1")


def _is_from_a_machine(mail: Message) -> bool:
    if str(mail.get("Return-Path", "")).strip() == "<>":
        return True
    sender = parseaddr(str(mail.get("From", "")))[1]
    return sender.partition("@")[0].lower() in _MACHINES


def _notice(mail: Message, envelopes: Envelopes) -> str | None:
    """Which notice it is about: by the mail it returns, by where it was sent to, or by what it
    refers to.
    """
    known: list[tuple[Callable[[str], str | None], Iterator[str]]] = [
        (envelopes.notice_of_id, _ids(mail)),
        (envelopes.notice_of_address, (str(one) for to in _TO for one in mail.get_all(to, []))),
        (envelopes.notice_of_id, _values(mail, "In-Reply-To", "References")),
        (envelopes.notice_of_id, _texts(mail)),
    ]
    found = (notice_of(value) for notice_of, values in known for value in values)
    return next((one for one in found if one is not None), None)


def _ids(mail: Message) -> Iterator[str]:
    """The Message-IDs of the mails it returns, whole or their headers alone."""
    for part in mail.walk():
        if part.get_content_type() not in _RETURNED:
            continue
        payload: Any = part.get_payload()
        if isinstance(payload, list):
            for one in payload:
                yield from _values(one, "Message-ID")
        else:
            yield from _values(message_from_bytes(_decoded(part).encode()), "Message-ID")


def _values(mail: Message, *names: str) -> Iterator[str]:
    return (str(one) for name in names for one in mail.get_all(name, []))


def _word(block: Message, name: str) -> str:
    words = str(block.get(name, "")).split()
    return words[0].lower() if words else ""


def _date(mail: Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(mail.get("Date", "")))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
