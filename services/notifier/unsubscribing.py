"""Links by which a debtor declines reminders, without a login: `List-Unsubscribe` of e-mail.

A token is what it declines, in base64, a dot, and its keyed MAC. It holds ids and nothing of a
person, never ends, and does nothing but what its holder could ask for at any desk.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from chassis.errors import NotFound

_CONTEXT = b"arrears unsubscribe\n"
_MAC_BYTES = 16
_TOKEN_CHARACTERS_MAX = 600


class Declined(NamedTuple):
    """Whose reminders by which channel."""

    creditor: str
    account: str
    channel: str


class Tokens:
    """Makes tokens with the first key, and believes those of any."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = keys

    def sign(self, declined: Declined) -> str:
        """The token that declines this."""
        content = "\n".join(declined).encode()
        return f"{_text(content)}.{_text(_mac(self._keys[0], content))}"

    def read(self, token: str) -> Declined:
        """What a token declines; `NotFound` for one that none of the keys made."""
        try:
            content, given = map(_bytes, token[:_TOKEN_CHARACTERS_MAX].split("."))
        except (binascii.Error, ValueError):
            raise _unknown() from None
        if not any(hmac.compare_digest(_mac(key, content), given) for key in self._keys):
            raise _unknown()
        return Declined(*content.decode().split("\n"))


@dataclass(frozen=True)
class Links:
    """Where a debtor's mail program declines: `base_url` is where the world finds our API."""

    base_url: str
    tokens: Tokens
    mailto: str = ""

    def header(self, declined: Declined) -> str:
        """The value of `List-Unsubscribe` (RFC 2369)."""
        token = self.tokens.sign(declined)
        links = [f"<{self.base_url.rstrip('/')}/v1/unsubscribe/{token}>"]
        if self.mailto:
            links.append(f"<mailto:{quote(self.mailto, safe='@+')}?subject={token}>")
        return ", ".join(links)


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, _CONTEXT + content, hashlib.sha256).digest()[:_MAC_BYTES]


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _unknown() -> NotFound:
    return NotFound("this link declines nothing: it is not whole, or older than its key")
