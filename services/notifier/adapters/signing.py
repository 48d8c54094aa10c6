"""DKIM signatures (RFC 6376) over e-mail, and what List-Unsubscribe needs of them (RFC 8058)."""

from pathlib import Path

from chassis.errors import Misconfigured

_SIGNED = (
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
)
"""Those a message has; From once more, so that none can be added."""


class DkimSigner:
    """Signs with the key of a domain's selector; raises `Misconfigured` for one it cannot use."""

    def __init__(self, domain: str, selector: str, key_file: Path) -> None:
        # Takes a fifth of a second: only who signs pays.
        import dkim
        from dkim.crypto import UnparsableKeyError, parse_pem_private_key

        self._dkim = dkim
        self._domain = domain.encode("ascii")
        self._selector = selector.encode("ascii")
        try:
            self._key = key_file.read_bytes()
            parse_pem_private_key(self._key)
        except (OSError, UnparsableKeyError) as error:
            raise Misconfigured(
                f"ARREARS_NOTIFIER_DKIM_KEY_FILE: {key_file} is no RSA key in PEM without a "
                f"password: {error}"
            ) from error

    def sign(self, mail: bytes) -> bytes:
        """The mail with its signature in front; takes about 50 ms, so call it beside the event
        loop.
        """
        head = mail.partition(b"\r\n\r\n")[0].lower()
        found = [name for name in _SIGNED if b"\r\n%b:" % name.lower().encode() in b"\r\n" + head]
        signature: bytes = self._dkim.sign(
            mail,
            self._selector,
            self._domain,
            self._key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*found, "From"],
        )
        return signature + mail
