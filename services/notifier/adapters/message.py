"""The e-mail of a notice, as it goes over the wire."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.policy import Policy
from email.utils import format_datetime

from chassis.documents.files import file_name
from services.notifier.adapters.envelope import Envelopes
from services.notifier.adapters.gateway import Parcel
from services.notifier.rendering.html import page
from services.notifier.unsubscribing import Declined, Links

_WIRE = WIRE.clone(cte_type="7bit")
"""Plain ASCII on the wire: a server need not know 8BITMIME or SMTPUTF8."""
_TAGS = {"zh": "zh-CN"}


@dataclass(frozen=True)
class Letterhead:
    """What every e-mail bears; with `links` reminders say how to decline them."""

    sender: Address
    reply_to: Address | None = None
    links: Links | None = None


class _Links(str):
    """The value of a header of links, each in a line of its own: the library would cut a long one
    and encode the pieces, which no mail program takes for a link.
    """

    __slots__ = ()
    name = "List-Unsubscribe"

    def fold(self, *, policy: Policy) -> str:
        """The header as it is sent."""
        return f"{self.name}: {self.replace(', ', f',{policy.linesep} ')}{policy.linesep}"


def message(
    parcel: Parcel, head: Letterhead, at: datetime, letter: bytes | None = None
) -> EmailMessage:
    """The notice as text and as a page of the same words, in ASCII, with the `letter` attached; its
    Message-ID is made of the notice's id, so that a repeat shows.

    The same parcel at the same instant makes the same bytes.
    """
    mail = EmailMessage(_WIRE)
    mail["From"] = head.sender
    mail["To"] = parcel.to
    if head.reply_to is not None:
        mail["Reply-To"] = head.reply_to
    mail["Subject"] = parcel.subject
    mail["Message-ID"] = Envelopes(head.sender).message_id(parcel.notice_id)
    mail["Date"] = format_datetime(at.astimezone(UTC))
    mail["Auto-Submitted"] = "auto-generated"
    if head.links is not None and parcel.purpose == "reminder":
        declined = Declined(parcel.creditor, parcel.account, parcel.channel)
        mail[_Links.name] = _Links(head.links.header(declined))
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    language = _TAGS.get(parcel.language, parcel.language)
    mail.set_content(parcel.body)
    mail.add_alternative(page(parcel.subject, parcel.body, language), subtype="html")
    mail.set_boundary(_boundary(parcel, "alternative"))
    if letter is not None:
        name = file_name(parcel.notice_id)
        mail.add_attachment(letter, maintype="application", subtype="pdf", filename=f"{name}.pdf")
        mail.set_boundary(_boundary(parcel, "mixed"))
    if language:
        mail["Content-Language"] = language
    return mail


def _boundary(parcel: Parcel, part: str) -> str:
    """What stands between parts, by the text, which so cannot hold it."""
    content = f"{part}\n{parcel.notice_id}\n{parcel.subject}\n{parcel.body}".encode()
    return "=_" + hashlib.sha256(content).hexdigest()[:40]
