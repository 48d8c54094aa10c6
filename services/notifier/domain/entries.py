"""What becomes of an account's entry on the published list."""

from msgspec import Struct


class EntryWithheld(Struct, frozen=True, tag="entry_withheld"):
    """The account's entry is not on the published list for now: `paused` or `held`."""

    reason: str


class EntryRestored(Struct, frozen=True, tag="entry_restored"):
    """One reason to withhold the entry is over; `shown` when it was the last."""

    reason: str
    shown: bool


class EntryRemoved(Struct, frozen=True, tag="entry_removed"):
    """The account's entry is gone from the published list: `cleared`, `closed` or `erased`."""

    reason: str
