"""What e-mail needs, as the settings say: the gateway, what signs and declines, the mailbox of
reports.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from chassis.errors import Misconfigured
from chassis.tls import client_context
from services.notifier.adapters.envelope import Envelopes
from services.notifier.adapters.mail import SmtpGateway
from services.notifier.adapters.mailbox import mailbox
from services.notifier.adapters.mailboxes import Box, ImapBox, Login, MaildirBox, PopBox
from services.notifier.adapters.signing import DkimSigner
from services.notifier.rendering.papers import Papers
from services.notifier.settings import NotifierSettings
from services.notifier.unsubscribing import Links, Tokens
from services.notifier.webhooks import long_enough

_PORTS = {("imap", True): 993, ("imap", False): 143, ("pop3", True): 995, ("pop3", False): 110}
"""By protocol, and whether TLS comes first."""


def smtp(own: NotifierSettings, now: Callable[[], datetime], papers: Papers) -> SmtpGateway:
    """The gateway to the mail server that the settings name."""
    return SmtpGateway(
        host=own.smtp_host,
        port=own.smtp_port,
        sender=_sender(own, "ARREARS_NOTIFIER_SMTP_HOST"),
        tls=own.smtp_tls,
        context=client_context("ARREARS_NOTIFIER_SMTP", own.smtp_ca_file),
        username=own.smtp_username,
        password=own.smtp_password.get_secret_value(),
        timeout_seconds=own.smtp_timeout_seconds,
        reply_to=own.smtp_reply_to,
        reports_to=own.smtp_reports_to,
        links=links(own),
        signer=_signer(own),
        papers=papers,
        now=now,
    )


def tokens(own: NotifierSettings) -> Tokens:
    """What makes and reads the links by which reminders are declined."""
    keys = own.unsubscribe_secret.get_secret_value().encode().split()
    if own.public_url and not keys:
        raise Misconfigured(
            "ARREARS_NOTIFIER_UNSUBSCRIBE_SECRET is wanted with ARREARS_NOTIFIER_PUBLIC_URL"
        )
    return Tokens([long_enough(key, "ARREARS_NOTIFIER_UNSUBSCRIBE_SECRET") for key in keys])


def envelopes(own: NotifierSettings) -> Envelopes:
    """By what e-mail is known again in reports."""
    sender = mailbox(_sender(own, "ARREARS_NOTIFIER_BOUNCE_MAILBOX"))
    return Envelopes(sender, own.smtp_reports_to)


def bounce_box(own: NotifierSettings) -> Box | None:
    """The mailbox that mail servers report to, where there is one."""
    if not own.bounce_mailbox:
        return None
    if own.bounce_mailbox == "maildir":
        folder = Path(own.bounce_folder)
        if not (folder / "new").is_dir():
            raise Misconfigured(f"ARREARS_NOTIFIER_BOUNCE_FOLDER: {folder} is no Maildir")
        return MaildirBox(folder)
    if not own.bounce_host:
        raise Misconfigured(
            "ARREARS_NOTIFIER_BOUNCE_HOST is wanted with ARREARS_NOTIFIER_BOUNCE_MAILBOX"
        )
    usual = _PORTS[own.bounce_mailbox, own.bounce_tls == "tls"]
    login = Login(
        host=own.bounce_host,
        port=own.bounce_port or usual,
        tls=own.bounce_tls,
        context=client_context("ARREARS_NOTIFIER_BOUNCE", own.bounce_ca_file),
        username=own.bounce_username,
        password=own.bounce_password.get_secret_value(),
    )
    return ImapBox(login, own.bounce_folder) if own.bounce_mailbox == "imap" else PopBox(login)


def _sender(own: NotifierSettings, wanted_with: str) -> str:
    if not own.smtp_from:
        raise Misconfigured(f"ARREARS_NOTIFIER_SMTP_FROM is wanted with {wanted_with}")
    return own.smtp_from


def _signer(own: NotifierSettings) -> DkimSigner | None:
    if not own.dkim_domain:
        return None
    if not own.dkim_selector or own.dkim_key_file is None:
        raise Misconfigured(
            "ARREARS_NOTIFIER_DKIM_SELECTOR and ARREARS_NOTIFIER_DKIM_KEY_FILE are wanted with "
            "ARREARS_NOTIFIER_DKIM_DOMAIN"
        )
    return DkimSigner(own.dkim_domain, own.dkim_selector, own.dkim_key_file)


def links(own: NotifierSettings) -> Links | None:
    if not own.public_url:
        return None
    mailto = mailbox(own.unsubscribe_mailto).addr_spec if own.unsubscribe_mailto else ""
    return Links(own.public_url, tokens(own), mailto)
