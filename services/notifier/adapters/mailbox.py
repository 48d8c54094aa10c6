"""The sender of e-mail as a setting writes it: `billing@acme.example` or `Name <address>`."""

import re
from email.errors import MessageError
from email.headerregistry import Address

from chassis.errors import Misconfigured

_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")


def mailbox(text: str) -> Address:
    """A display name, in any script, and a bare address in ASCII; raises `Misconfigured`."""
    named = _NAMED.fullmatch(text.strip())
    name, address = named.group("name", "address") if named else ("", text)
    try:
        found = Address(name.strip().strip('"'), addr_spec=address.strip())
    except (MessageError, ValueError, IndexError):
        found = Address()
    if not found.domain or not found.username or not found.addr_spec.isascii():
        raise Misconfigured(
            f"'{text}' cannot be the sender of e-mail or the address of answers: wanted is "
            "name@domain or Name <name@domain>"
        )
    return found
