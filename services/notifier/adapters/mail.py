"""E-mail over SMTP."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Literal

import aiosmtplib

from chassis.aside import aside
from chassis.logging import get_logger
from chassis.tls import fault_in
from services.notifier.adapters.envelope import Envelopes
from services.notifier.adapters.gateway import Lookup, Parcel
from services.notifier.adapters.mail_lines import Line, Lines
from services.notifier.adapters.mailbox import mailbox
from services.notifier.adapters.message import Letterhead, message
from services.notifier.adapters.signing import DkimSigner
from services.notifier.domain.commands import AttemptResult
from services.notifier.rendering.papers import Papers
from services.notifier.unsubscribing import Links

log = get_logger(__name__)

Tls = Literal["starttls", "tls", "none"]

_OPENING_SECONDS_MAX = 45
_HANDING_SECONDS_MAX = 65
"""A call ends well before its attempt is thought to be in doubt."""


class SmtpGateway:
    """Hands e-mail to a mail server; TLS certificates are verified.

    A mail server cannot be asked what it took: `find` cannot tell. `sender` and `reply_to` may bear
    a display name. A connection is used again for what follows at once.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        now: Callable[[], datetime],
        tls: Tls = "starttls",
        context: ssl.SSLContext | None = None,
        username: str = "",
        password: str = "",
        timeout_seconds: float = 20,
        reply_to: str = "",
        reports_to: str = "",
        links: Links | None = None,
        signer: DkimSigner | None = None,
        papers: Papers | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._head = Letterhead(mailbox(sender), mailbox(reply_to) if reply_to else None, links)
        self._envelopes = Envelopes(self._head.sender, reports_to)
        self._signer = signer
        self._papers = papers or Papers()
        self._tls = tls
        self._context = context
        self._username = username
        self._password = password
        self._timeout = timeout_seconds
        self._now = now
        self.lines = Lines(self._client)

    async def send(self, parcel: Parcel) -> AttemptResult:
        """Hand the e-mail over; until its text is on the wire nothing can have been taken."""
        try:
            mail = await aside(self._written, parcel)
        except Exception as error:
            log.exception("mail_not_written", account=parcel.account, error=error)
            return AttemptResult("unavailable", reason=f"mail.{type(error).__name__}")
        line: Line | None = None
        try:
            try:
                async with asyncio.timeout(_OPENING_SECONDS_MAX):
                    sender = self._envelopes.reports_to(parcel.notice_id)
                    line = await self.lines.get(sender)
                    refused = await self._address(line, sender, parcel.to)
            except (aiosmtplib.SMTPException, OSError) as error:
                self._say_why(error)
                return AttemptResult("unavailable", reason=_reason(error))
            result = refused or await self._hand_over(line.client, parcel, mail)
            await self._let_go(line, result)
            line = None
            return result
        finally:
            if line is not None:
                line.client.close()

    async def _let_go(self, line: Line, result: AttemptResult) -> None:
        """Only after a mail that was taken is it sure that the next one finds a clean slate."""
        if result.outcome == "accepted":
            await self.lines.keep(line)
        elif result.outcome == "unknown":
            line.client.close()
        else:
            await line.leave()

    def _written(self, parcel: Parcel) -> bytes:
        letter = self._papers.attached(parcel.sheet, parcel.day, parcel.account)
        mail = message(parcel, self._head, self._now(), letter).as_bytes()
        return mail if self._signer is None else self._signer.sign(mail)

    def _say_why(self, error: Exception) -> None:
        """What an operator has to mend is logged whole; the attempt has the error's class."""
        server = f"the mail server on {self._host}:{self._port}"
        if (fault := fault_in(error)) is not None:
            log.warning("gateway_not_trusted", reason=f"{server}: {fault}")
        elif isinstance(error, aiosmtplib.SMTPAuthenticationError):
            why = f"{server} does not let {self._username} in ({error.code})"
            log.warning("gateway_refuses_login", reason=why)

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._timeout,
            use_tls=self._tls == "tls",
            start_tls=self._tls == "starttls",
            tls_context=self._context,
            username=self._username or None,
            password=self._password or None,
        )

    async def _address(self, line: Line, sender: str, to: str) -> AttemptResult | None:
        """Name sender and recipient, bare; answers what the server has against them."""
        try:
            if not line.begun:
                await line.client.mail(sender)
            await line.client.rcpt(to)
        except aiosmtplib.SMTPResponseException as error:
            return _answered(error.code)
        return None

    async def _hand_over(
        self, client: aiosmtplib.SMTP, parcel: Parcel, mail: bytes
    ) -> AttemptResult:
        try:
            async with asyncio.timeout(_HANDING_SECONDS_MAX):
                await client.data(mail)
        except aiosmtplib.SMTPResponseException as error:
            return _answered(error.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            return AttemptResult("unknown", reason=_reason(error))
        return AttemptResult("accepted", reference=self._envelopes.message_id(parcel.notice_id))

    async def find(self, parcel: Parcel) -> Lookup:
        """SMTP has no look-up."""
        return Lookup("cannot_tell")

    async def forget(self, creditor: str, channel: str, notice_id: str) -> None:
        """The gateway keeps nothing."""


def _answered(code: int) -> AttemptResult:
    outcome: Literal["refused", "unavailable"] = "refused" if code >= 500 else "unavailable"
    return AttemptResult(outcome, reason=f"smtp_{code}")


def _reason(error: Exception) -> str:
    return f"smtp.{type(error).__name__}"
