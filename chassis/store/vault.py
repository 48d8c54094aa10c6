"""Personal data under a key per debtor: AES-256-GCM, wrapped by the key-encryption key, destroyed
to erase the person.
"""

import hashlib
import os
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.errors import BrokenInvariant
from chassis.store.packing import Pack, as_it_is, unpacked
from contracts.words.streams import Subject, key_of

KEY_BYTES = 32
NONCE_BYTES = 12
_PSEUDONYM_BYTES = 16


Field = Literal[
    "address", "collector", "content", "details", "letter", "note", "number", "people", "person",
    "profile", "proposal", "reason", "said",
]  # fmt: skip
"""What is sealed: nothing opens as another one."""
_BOUND = b"\x01"
"""What is sealed for a field begins with."""

UNATTRIBUTED = Subject("-", "-")
"""Whose key seals original bytes that name nobody we can tell."""


class Wraps(Protocol):
    """What data keys are wrapped with: `chassis.store.wrapping.Master`."""

    @property
    def is_naming(self) -> bool:
        """Whether every instance reads what is bound to its field, and wrapped keys with names."""
        ...

    @property
    def place(self) -> bytes:
        """What is sealed in this service's store begins with this where it is bound."""
        ...

    def wrap(self, subject: Subject, raw: bytes) -> bytes:
        """A data key as it is stored."""
        ...

    def unwrap(self, subject: Subject, wrapped: bytes) -> bytes:
        """The data key; raises `Misconfigured` where it does not open."""
        ...


class KeyRing:
    """The data keys of the subjects one unit of work was loaded with.

    A subject maps to its key, to `None` once erased, and is absent while it has none yet: the first
    `seal` makes one, to be stored with the rest of the work (`fresh`). What is sealed is packed
    before (`chassis/store/packing.py`): nothing makes it smaller afterwards.
    """

    def __init__(
        self,
        master: Wraps,
        wrapped: Mapping[Subject, bytes | None],
        pseudonyms: bytes = b"",
        pack: Pack = as_it_is,
    ) -> None:
        self._master = master
        self._pack = pack
        self._pseudonyms = pseudonyms
        self._keys: dict[Subject, AESGCM | None] = {
            subject: None if key is None else AESGCM(master.unwrap(subject, key))
            for subject, key in wrapped.items()
        }
        self.fresh: dict[Subject, bytes] = {}
        self.erased: set[Subject] = set()

    def seal(self, subject: Subject, value: Any, field: Field) -> bytes:
        """Encrypt a JSON-able value for one subject; empty when the subject was erased.

        It opens as the same `field` alone, and in this service.
        """
        if subject not in self._keys:
            raw = os.urandom(KEY_BYTES)
            self._keys[subject] = AESGCM(raw)
            self.fresh[subject] = self._master.wrap(subject, raw)
        key = self._keys[subject]
        if key is None:
            return b""
        nonce, clear = os.urandom(NONCE_BYTES), self._pack(msgspec.json.encode(value))
        if not self._master.is_naming:
            return nonce + key.encrypt(nonce, clear, bound_to(subject))
        return _BOUND + nonce + key.encrypt(nonce, clear, self._bound_to(subject, field))

    def open(self, subject: Subject, sealed: bytes, field: Field) -> Any:
        """Decrypt what `seal` returned; `None` when the subject was erased or nothing was kept."""
        key = self._keys.get(subject)
        if key is None or not sealed:
            return None
        clear = None
        if sealed[:1] == _BOUND:
            clear = _decrypt(key, sealed[1:], self._bound_to(subject, field))
        if clear is None:  # sealed before it was bound, whose first byte may be any
            clear = _decrypt(key, sealed, bound_to(subject))
        if clear is None:
            raise BrokenInvariant(f"sealed {field} of {subject} does not open")
        return msgspec.json.decode(unpacked(clear))

    def _bound_to(self, subject: Subject, field: Field) -> bytes:
        return b"%b%b\0%b" % (self._master.place, field.encode(), bound_to(subject))

    @property
    def is_agreed(self) -> bool:
        """Whether every instance knows what is kept since keys have names: keyed codes too."""
        return self._master.is_naming

    def index(self, text: str) -> bytes:
        """What a sealed text is found by: the same for the same text, whatever its capitals, and
        nothing to those without the key-encryption key.
        """
        said = unicodedata.normalize("NFKC", text).casefold().strip()
        return bytes.fromhex(pseudonym(self._pseudonyms, said))

    def proof(self, text: str) -> str:
        """A hash of 64 digits that proves a text to whoever has the key-encryption key: others
        cannot try what the text may have been.
        """
        key = self._pseudonyms
        return hashlib.blake2b(text.encode(), key=key, digest_size=KEY_BYTES).hexdigest()

    def erase(self, subject: Subject) -> None:
        """Destroy the subject's key with this work."""
        self._keys[subject] = None
        self.fresh.pop(subject, None)
        self.erased.add(subject)

    def keys(self) -> Mapping[Subject, AESGCM | None]:
        """The data keys, `None` for the erased."""
        return self._keys

    def __contains__(self, subject: object) -> bool:
        return subject in self._keys

    def merge(self, other: "KeyRing") -> None:
        """Take over the keys another ring was loaded with, for subjects this one does not know."""
        self._keys = {**other.keys(), **self._keys}

    def is_erased(self, subject: Subject) -> bool:
        """Whether the subject's key was destroyed, before or in this work."""
        return subject in self._keys and self._keys[subject] is None


def pseudonym_key(raw: bytes) -> bytes:
    """The key of pseudonyms, which the key-encryption key gives and nothing gives back."""
    return hashlib.blake2b(b"pseudonyms", key=raw, digest_size=KEY_BYTES).digest()


def pseudonym(key: bytes, text: str) -> str:
    """A keyed hash of a text, in hexadecimal: without the key nobody can try what it may be."""
    return hashlib.blake2b(text.encode(), key=key, digest_size=_PSEUDONYM_BYTES).hexdigest()


def _decrypt(key: AESGCM, sealed: bytes, aad: bytes) -> bytes | None:
    if len(sealed) <= NONCE_BYTES:
        return None
    try:
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
    except InvalidTag:
        return None


def bound_to(subject: Subject) -> bytes:
    """What is sealed or wrapped for a debtor opens with this alone."""
    return key_of(*subject).encode()
