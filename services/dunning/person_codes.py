"""What stands for a person's name where it must not be told: a keyed hash.

Without the key-encryption key nobody can try whose name it is. Earlier versions kept a bare hash:
what they stored is found too, and until none of them runs any more it is kept as they would, since
they compare it with their own.
"""

from chassis.store.vault import KeyRing
from services.dunning.domain.codes import earlier_person_code


def code_of(keys: KeyRing, name: str) -> str:
    """The code that is kept of a name."""
    return _keyed(keys, name) if keys.is_agreed else earlier_person_code(name)


def codes_of(keys: KeyRing, name: str) -> list[str]:
    """Every code a name may have been kept under, today's first."""
    return [_keyed(keys, name), earlier_person_code(name)]


def _keyed(keys: KeyRing, name: str) -> str:
    return keys.index(f"name\n{name.strip()}").hex()
