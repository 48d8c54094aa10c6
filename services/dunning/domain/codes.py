"""Short names that stand for long or personal ones."""

import hashlib
from base64 import b32encode


def id_code(name: str) -> str:
    """The front of ids: 128 bits that stand for a name, in 26 small letters and digits.

    So short that a direct debit's id fits the 35 characters that banks take.
    """
    return b32encode(hashlib.blake2b(name.encode(), digest_size=16).digest()).decode()[:26].lower()


def earlier_id_code(name: str) -> str:
    """The front of ids that earlier versions gave: 48 bits, which two names may share."""
    return _six_bytes(name)


def earlier_person_code(name: str) -> str:
    """What earlier versions kept for a person's name: whoever guesses the name can try it."""
    return _six_bytes(name.strip())


def _six_bytes(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=6).hexdigest()
