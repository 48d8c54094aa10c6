"""Persons and sealed texts."""

from msgspec import Struct


class Person(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody of the creditor's staff: the name sealed, and a code that stands for it."""

    sealed: bytes
    code: str


class Sealed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text of a debtor's, sealed, and what it is found by."""

    sealed: bytes
    index: bytes
