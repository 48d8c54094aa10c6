"""What may leave in plain text: to this machine anything, to another host what is named."""

from collections.abc import Collection
from ipaddress import ip_address
from typing import Literal, get_args
from urllib.parse import urlsplit

from chassis.errors import Misconfigured

Kind = Literal["apis", "jwks", "kafka", "postgres", "sms", "smtp", "traces", "voice"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def is_here(host: str) -> bool:
    """Whether a host is this machine: loopback, a Unix socket's folder, or every own address.

    Names are not looked up: whoever answers for a name today may be another tomorrow.
    """
    if not host or host.startswith("/") or host.lower() == "localhost":
        return True
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens on a host; every own address is more."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False


def require_here(allowed: Collection[Kind], kind: Kind, host: str, instead: str) -> None:
    """Raise `Misconfigured` for plain text to another host, unless its kind is `allowed`.

    `instead` says which setting would secure the connection.
    """
    if kind in allowed or is_here(host):
        return
    raise Misconfigured(
        f"{kind}: what goes to {host} could be read and changed on its way; {instead}, "
        f"or name {kind} in ARREARS_PLAINTEXT"
    )


def require_https(allowed: Collection[Kind], kind: Kind, url: str, setting: str) -> None:
    """Raise `Misconfigured` for a URL of another host that is not https, unless it is `allowed`,
    and for what is no URL.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Misconfigured(f"{setting} is no URL") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Misconfigured(f"{setting} is no URL that begins with https:// and names a host")
    if parts.scheme != "https":
        require_here(allowed, kind, parts.hostname, f"give {setting} as https")
