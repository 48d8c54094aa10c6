"""Data keys wrapped by a key-encryption key, which each of them names."""

import hmac
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.errors import Misconfigured
from chassis.store.vault import KEY_BYTES, NONCE_BYTES, bound_to
from contracts.words.streams import Subject

_ID_BYTES = 8
_NAMED = b"\x01"
"""What a wrapped key begins with that names what wraps it, so long as it has that length."""
_NAMED_BYTES = len(_NAMED) + _ID_BYTES + NONCE_BYTES + KEY_BYTES + 16
_ID_OF = b"arrears id of a key-encryption key"
_PURPOSE = b"arrears key-encryption key of store "


def key_id(raw: bytes) -> bytes:
    """By what a wrapped key names its key-encryption key; it tells nothing of it."""
    return hmac.digest(raw, _ID_OF, sha256)[:_ID_BYTES]


def check_value(raw: bytes, epoch: str) -> bytes:
    """By what a store whose first epoch this is knows its key-encryption key."""
    return hmac.digest(raw, _PURPOSE + epoch.encode(), sha256)


def begins(name: bytes) -> bytes:
    """What everything begins with that the key of this id wraps."""
    return _NAMED + name


class Master:
    """The key-encryption keys an instance has, the store's own first: all of them open, one wraps.

    `checks` are by what the store of this `service` knows them, in the same order. Until every
    instance of the service reads keys that name theirs (`agree`), what is wrapped names none.
    """

    def __init__(
        self, keys: Sequence[bytes], checks: Sequence[bytes] = (), service: str = ""
    ) -> None:
        for raw in keys:
            if len(raw) != KEY_BYTES:
                raise Misconfigured(f"the key-encryption key has {len(raw)} bytes, not {KEY_BYTES}")
        self._keys: Mapping[bytes, AESGCM] = {key_id(raw): AESGCM(raw) for raw in keys}
        self._checks = dict(zip(checks, self._keys, strict=False))
        self._writes = key_id(keys[0])
        self._is_naming = False
        self._service = service.encode() + b"\0"

    @property
    def ids(self) -> list[bytes]:
        """The ids of the keys it has."""
        return list(self._keys)

    @property
    def writes(self) -> bytes:
        """The id of the key that wraps."""
        return self._writes

    @property
    def is_naming(self) -> bool:
        """Whether every instance reads what names its key or is bound to its field."""
        return self._is_naming

    @property
    def place(self) -> bytes:
        """The service, as what is bound to it says."""
        return self._service

    def agree(self, is_naming: bool, check: bytes | None = None) -> None:
        """Learn whether all instances read keys that name theirs, and which one the store wants.

        Raises `Misconfigured` for one that is not here: the instance came without it.
        """
        self._is_naming = is_naming
        if check is None or not self._checks:
            return
        wanted = self._checks.get(check)
        if wanted is None:
            raise Misconfigured(
                "the store's key-encryption key was changed to one this instance does not have"
            )
        self._writes = wanted

    def wrap(self, subject: Subject, raw: bytes) -> bytes:
        """A data key as it is stored."""
        nonce = os.urandom(NONCE_BYTES)
        key = self._keys[self._writes]
        if not self._is_naming:
            return nonce + key.encrypt(nonce, raw, bound_to(subject))
        named = begins(self._writes)
        return named + nonce + key.encrypt(nonce, raw, named + self._service + bound_to(subject))

    def unwrap(self, subject: Subject, wrapped: bytes) -> bytes:
        """The data key; raises `Misconfigured` when no key-encryption key here opens it."""
        if wrapped[:1] == _NAMED and len(wrapped) == _NAMED_BYTES:
            head, rest = wrapped[: 1 + _ID_BYTES], wrapped[1 + _ID_BYTES :]
            key = self._keys.get(head[1:])
            candidates = [] if key is None else [key]
            aad = head + self._service + bound_to(subject)
        else:
            candidates, rest, aad = list(self._keys.values()), wrapped, bound_to(subject)
        for key in candidates:
            try:
                return key.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], aad)
            except InvalidTag:
                continue
        raise Misconfigured(
            f"the key-encryption key does not open the key of {subject.creditor}/{subject.account}"
        )


def master_key(raw: bytes) -> Master:
    """One key-encryption key alone; raises `Misconfigured` unless it has 32 bytes."""
    return Master([raw])
