"""Checks that several commands share."""

from chassis.errors import Rejected

OUTCOMES = ("approved", "rejected")
"""What a decision may be."""


def one_of(what: str, value: str, known: tuple[str, ...]) -> None:
    """Refuse a value that is not one of those known."""
    if value not in known:
        raise Rejected(f"{what} must be one of {', '.join(known)}, not {value!r}")
