"""What stands for a collector's name where it must not be told: a keyed hash.

The ledger's messages and the events of accounts have it. Names are at the cash desk, and on
`billing`, where whoever needs them reads them.
"""

from collections.abc import Iterable

from chassis.store.vault import KeyRing
from contracts.words.collectors import CODED


def code_of(keys: KeyRing, name: str | None) -> str | None:
    """What stands for a name; None for nobody's."""
    return None if name is None else CODED + keys.index(f"collector\n{name}").hex()


def named(keys: KeyRing, code: str | None, names: Iterable[str]) -> str | None:
    """Which of some names a code stands for, else the code: events of before have the name."""
    return next((name for name in names if code_of(keys, name) == code), code)
