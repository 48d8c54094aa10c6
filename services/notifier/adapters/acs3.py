"""Requests to Alibaba Cloud as it wants them signed: ACS3-HMAC-SHA256."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

_SCHEME = "ACS3-HMAC-SHA256"
_EMPTY = hashlib.sha256(b"").hexdigest()


def query_of(values: Mapping[str, str]) -> str:
    """The parameters as they stand in the URL, which is what is signed."""
    return "&".join(f"{_plain(key)}={_plain(value)}" for key, value in sorted(values.items()))


def signed(
    action: str, query: str, *, host: str, key_id: str, secret: str, nonce: str, at: datetime
) -> dict[str, str]:
    """The headers of a POST to `/` without a body."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": _EMPTY,
        "x-acs-date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": "2017-05-25",
    }
    return headers | {"authorization": authorization(headers, query, key_id, secret)}


def authorization(headers: Mapping[str, str], query: str, key_id: str, secret: str) -> str:
    """What says that a POST without a body with these headers, in lower case, is ours."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    canonical = f"POST\n/\n{query}\n{lines}\n{names}\n{_EMPTY}"
    to_sign = f"{_SCHEME}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{_SCHEME} Credential={key_id},SignedHeaders={names},Signature={signature}"


def _plain(text: str) -> str:
    return quote(text, safe="~")
