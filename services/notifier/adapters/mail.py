"""E-mail over SMTP."""

from datetime import UTC, datetime, time
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Literal

import aiosmtplib

from services.notifier.adapters.gateway import Lookup, Parcel
from services.notifier.domain.commands import AttemptResult

Tls = Literal["starttls", "tls", "none"]


class SmtpGateway:
    """Hands e-mail to a mail server; TLS certificates are verified.

    A mail server cannot be asked what it took: `find` cannot tell, and the repeated e-mail carries
    the same Message-ID.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        tls: Tls = "starttls",
        username: str = "",
        password: str = "",
        timeout_seconds: float = 20,
    ) -> None:
        self._host = host
        self._port = port
        self._sender = sender
        self._tls = tls
        self._username = username
        self._password = password
        self._timeout = timeout_seconds

    async def send(self, parcel: Parcel) -> AttemptResult:
        """Hand the e-mail over."""
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._timeout,
            use_tls=self._tls == "tls",
            start_tls=self._tls == "starttls",
            username=self._username or None,
            password=self._password or None,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            return AttemptResult("unavailable", reason=_reason(error))
        try:
            return await self._hand_over(client, parcel)
        finally:
            client.close()

    async def _hand_over(self, client: aiosmtplib.SMTP, parcel: Parcel) -> AttemptResult:
        mail = message(parcel, self._sender)
        try:
            await client.send_message(mail, sender=self._sender, recipients=[parcel.to])
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            return _answered(max(codes, default=550))
        except aiosmtplib.SMTPResponseException as error:
            return _answered(error.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            return AttemptResult("unknown", reason=_reason(error))
        return AttemptResult("accepted", reference=mail["Message-ID"])

    async def find(self, parcel: Parcel) -> Lookup:
        """SMTP has no look-up."""
        return Lookup("cannot_tell")

    async def forget(self, creditor: str, channel: str, notice_id: str) -> None:
        """The gateway keeps nothing."""


def message(parcel: Parcel, sender: str) -> EmailMessage:
    """The e-mail of a notice: its Message-ID is made of the notice's id, so that a repeat shows."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = parcel.to
    mail["Subject"] = parcel.subject
    mail["Message-ID"] = f"<{parcel.notice_id}@{domain}>"
    mail["Date"] = formatdate(_noon(parcel), usegmt=True)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(parcel.body)
    return mail


def _noon(parcel: Parcel) -> float:
    """The day of the notice as mail writes it: the same at every attempt of that day."""
    return datetime.combine(parcel.day, time(12), UTC).timestamp()


def _answered(code: int) -> AttemptResult:
    outcome: Literal["refused", "unavailable"] = "refused" if code >= 500 else "unavailable"
    return AttemptResult(outcome, reason=f"smtp_{code}")


def _reason(error: Exception) -> str:
    return f"smtp.{type(error).__name__}"
