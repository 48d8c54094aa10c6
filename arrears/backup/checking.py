"""Whether a backup is whole, and fits what it is to be restored to."""

import hmac
from collections.abc import Mapping
from pathlib import Path

from arrears.backup import files, manifest
from arrears.backup.manifest import Manifest
from arrears.backup.moment import Connections
from chassis import kek
from chassis.bus.base import Bus
from chassis.errors import Misconfigured
from chassis.settings import SERVICES, Settings
from chassis.store import copies, restored
from chassis.store.wrapping import check_value


def checked(folder: Path) -> Manifest:
    """A backup of which every file is as it was written; raises `Misconfigured` otherwise."""
    found = manifest.read(folder)
    for file in found.files():
        files.require_whole(folder, file)
    return found


def require_fitting(made: Manifest, settings: Settings) -> None:
    """Raise `Misconfigured` unless the settings are those of the system that was backed up."""
    _require_partitions(made, settings)
    key = kek.present(settings, make=False)
    if key is None:
        raise Misconfigured(
            "there is no key-encryption key: it is not in the backup, and nothing sealed opens "
            f"without it. Bring it back as ARREARS_KEK or as the file {settings.kek_file}"
        )
    keys = [one for one in (key, kek.following(settings)) if one is not None]
    for name, service in made.services.items():
        store = service.store
        for known in (store.key_check, store.next_key_check):
            if known and not _is_one_of(known, [check_value(one, store.epoch) for one in keys]):
                raise Misconfigured(
                    f"the key-encryption key in {settings.kek_source} is not the one the backup of "
                    f"{name} is sealed with: bring that one back"
                )


def _is_one_of(known: bytes, checks: list[bytes]) -> bool:
    return any(hmac.compare_digest(known, one) for one in checks)


def _require_partitions(made: Manifest, settings: Settings) -> None:
    for name, service in made.services.items():
        laid_out = service.store.partitions
        if laid_out is not None and laid_out != settings.partitions:
            raise Misconfigured(
                f"the backup's {name} store is laid out for {laid_out} partitions, the settings "
                f"say {settings.partitions}: set ARREARS_PARTITIONS={laid_out}"
            )


async def require_empty(connections: Connections) -> bool:
    """Whether an unfinished restore left something; raises `Misconfigured` when there is a store
    with data of any other kind.
    """
    left = False
    for name, connection in connections.items():
        if not await copies.has_store(connection, name):
            continue
        if await restored.is_restoring(connection, name):
            left = True
        elif await copies.is_used(connection, name):
            raise Misconfigured(
                f"there is a store of {name} already, with data: a backup is restored to an empty "
                "database only"
            )
    return left


async def is_same_bus(bus: Bus, made: Manifest, *, new_bus: bool, again: bool) -> bool:
    """Whether the bus is the one that was there when the backup was made.

    Another one must be meant (`new_bus`), unless it was in the database that is lost. Raises
    `Misconfigured` where it is not meant, or where services have published to it already: `again`
    says that an unfinished restore did.
    """
    found = await _ids(bus, made)
    if found == made.topics:
        if new_bus:
            raise Misconfigured(
                "the bus still has the topics of the backup: restore without --new-bus, so that "
                "what came since is read"
            )
        return True
    other = sorted(name for name, known in made.topics.items() if found.get(name) != known)
    if not new_bus and made.bus == "kafka":
        raise Misconfigured(
            f"the topics {', '.join(other)} are missing or were made anew since the backup. If the "
            "bus is lost too, restore with --new-bus: what came after the backup is then gone "
            "unless upstream sends it again"
        )
    if not again:
        await _require_unused(bus, found)
    return False


async def _require_unused(bus: Bus, found: Mapping[str, str]) -> None:
    ours = sorted(found.keys() & set(SERVICES))
    ends = await bus.end_offsets(ours) if ours else {}
    used = sorted({topic for (topic, _), end in ends.items() if end})
    if used:
        raise Misconfigured(
            f"services have published to {', '.join(used)} of the new bus already: it belongs to "
            "another system"
        )


async def _ids(bus: Bus, made: Manifest) -> dict[str, str]:
    """The ids of the backup's topics, as far as they are there."""
    found: dict[str, str] = {}
    for topic in made.topics:
        try:
            found |= await bus.topic_ids([topic])
        except Misconfigured:
            continue
    return found
