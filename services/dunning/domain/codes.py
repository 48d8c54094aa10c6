"""Short names that stand for long or personal ones."""

import hashlib


def person_code(name: str) -> str:
    """What stands for a person's name where it must not be told."""
    return short_code(name.strip())


def short_code(name: str) -> str:
    """Twelve hexadecimal digits that stand for a name in ids."""
    return hashlib.blake2b(name.encode(), digest_size=6).hexdigest()
