"""By what an e-mail is known again in a report of a mail server: its Message-ID, and the address
reports go to.
"""

import re
from email.headerregistry import Address
from urllib.parse import quote, unquote

from services.notifier.adapters.mailbox import mailbox

_STRAY_DOT = re.compile(r"^\.|\.$|(?<=\.)\.")
_LOCAL_CHARACTERS_MAX = 64
ANY = "*"
"""Stands for the notice in the address that reports go to."""


class Envelopes:
    """Writes and reads both; `reports_to` may hold `*` where the notice's id stands, as in
    `bounces+*@acme.example`; empty: reports go to the sender.
    """

    def __init__(self, sender: Address, reports_to: str = "") -> None:
        self._domain = sender.domain or "localhost"
        plain = re.sub(r"[+-]?\*", "", reports_to, count=1)
        self._reports_to = mailbox(plain) if reports_to else sender
        self._before, star, self._after = reports_to.partition("@")[0].partition(ANY)
        self._names_notices = bool(star)
        self._id = re.compile(rf"<([^<>@\s]+)@{re.escape(self._domain)}>", re.IGNORECASE)
        self._address = re.compile(
            rf"{re.escape(self._before)}([A-Za-z0-9._=-]+){re.escape(self._after)}"
            rf"@{re.escape(self._reports_to.domain)}",
            re.IGNORECASE,
        )

    def message_id(self, notice_id: str) -> str:
        """The Message-ID of a notice's e-mail: the same for every attempt."""
        return f"<{_dot_atom(notice_id)}@{self._domain}>"

    def reports_to(self, notice_id: str) -> str:
        """The address that mail servers report to: the notice in it, where there is room."""
        plain = self._reports_to.addr_spec
        if not self._names_notices:
            return plain
        named = _STRAY_DOT.sub("=2E", quote(notice_id, safe="._-").replace("%", "="))
        local = f"{self._before}{named}{self._after}"
        fits = len(local) <= _LOCAL_CHARACTERS_MAX
        return f"{local}@{self._reports_to.domain}" if fits else plain

    def notice_of_id(self, text: str) -> str | None:
        """The notice whose Message-ID stands in a text."""
        found = self._id.search(text)
        return unquote(found[1]) if found else None

    def notice_of_address(self, text: str) -> str | None:
        """The notice named in the address that a report went to."""
        found = self._address.search(text) if self._names_notices else None
        return unquote(found[1].replace("=", "%")) if found else None


def _dot_atom(identifier: str) -> str:
    """An identifier as the left part of a Message-ID, where colons and stray dots may not stand."""
    return _STRAY_DOT.sub("%2E", quote(identifier, safe="._-"))
