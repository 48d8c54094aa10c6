"""Hashes that tell a changed body from a repeated one, keyed: nobody without the key-encryption key
can try what a body may have said, after an erasure either.

Until every instance of the service knows keyed ones, bare ones are written as before; what is bare
is compared bare.
"""

import hashlib
from typing import NamedTuple, Protocol

from contracts.codec import BARE, BodyHash, Message

_PURPOSE = b"bodies"
_BYTES = 32


class Agreed(Protocol):
    """What every instance of a service can read: `chassis.store.wrapping.Master`."""

    @property
    def is_naming(self) -> bool:
        """Whether all know hashes with a key."""
        ...


class Told(NamedTuple):
    """The hash of a body as it is kept, and bare, as versions before kept it."""

    kept: bytes
    bare: bytes

    def is_of(self, known: bytes) -> bool:
        """Whether what is known is of the same body."""
        return known in self


def told_bare(content: bytes) -> Told:
    """Without a key."""
    bare = hashlib.sha256(content).digest()
    return Told(bare, bare)


class Bodies:
    """The hashes of a store: of messages 8 bytes, of requests and calls 32."""

    def __init__(self, pseudonyms: bytes, wraps: Agreed) -> None:
        # A store without a key (of a test) has bare ones alone.
        self._key = hashlib.blake2b(_PURPOSE, key=pseudonyms).digest() if pseudonyms else b""
        self._messages = BodyHash(self._key)
        self._wraps = wraps

    @property
    def now(self) -> BodyHash:
        """How messages are hashed that are kept now."""
        return self._messages if self._wraps.is_naming else BARE

    def is_message(self, known: bytes, message: Message) -> bool:
        """Whether a kept hash is this message's."""
        return known in (self._messages.of(message), BARE.of(message))

    def request(self, content: bytes) -> Told:
        """The hash of what somebody sent."""
        told = told_bare(content)
        if not self._wraps.is_naming:
            return told
        keyed = hashlib.blake2b(content, key=self._key, digest_size=_BYTES).digest()
        return told._replace(kept=keyed)
