"""Restoring: the stores of a backup, and on the bus the end of what was said in between.

What the services said after the backup is still on a bus that survived. Their stores know nothing
of it and decide anew, from what upstream said and from what time brings; nobody may hear both. So
each service begins, on the topics of the others, behind everything that is there now. What it had
yet to hear of the time before the backup is put behind that once more, under the ids it had, and
each relay begins where it certainly was. On `billing` the services stand where the backup has them.

Before the stores may start, they learn what cannot be done twice or undone: debtors erased since
the backup are erased first of all, and notices that went out are not sent again.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from arrears.backup import bus as stretches
from arrears.backup import files, since
from arrears.backup.again import confirmed, listed
from arrears.backup.checking import checked, require_fitting
from arrears.backup.filling import fill
from arrears.backup.manifest import BILLING, Manifest, Place
from arrears.backup.since import Since
from arrears.databases import open_databases
from arrears.stack import Stack, open_stack
from chassis.bus.base import Outgoing, Record
from chassis.clock import Clock
from chassis.errors import Misconfigured
from chassis.runtime.ahead import take_ahead
from chassis.runtime.forgetting import group_of
from chassis.settings import ServiceName, Settings
from chassis.store import restored
from chassis.store.offsets import Positions
from chassis.store.pool import acquire
from contracts.words.streams import Subject
from services.ledger.erasures import erase_again, is_erased
from services.ledger.restored import leave_receipts_out
from services.notifier.restored import know_sent

_PUBLISHED_AT_ONCE = 200


@dataclass(frozen=True)
class Restored:
    """What a restore brought back and found on the bus.

    `missing` are places of which the bus no longer has all that services said since the backup.
    `erased` is how many debtors were erased again, `listed` how many the list of erasures has: None
    without one.
    """

    manifest: Manifest
    same_bus: bool
    since: Since
    missing: tuple[tuple[str, int], ...]
    erased: int
    listed: int | None


async def restore(
    settings: Settings,
    folder: Path,
    *,
    new_bus: bool = False,
    clock: Clock | None = None,
    erasures: Path | None = None,
) -> Restored:
    """Bring all services back from a backup into an empty database; nothing may run meanwhile but
    upstream. `clock` is the wall's unless given, `erasures` a list of who was erased beside the
    one that the settings name.
    """
    made = checked(folder)
    require_fitting(made, settings)
    erased = listed(settings, erasures)
    async with open_databases(settings) as databases:
        same = await fill(settings, databases, folder, made, new_bus=new_bus)
    async with open_stack(settings, clock=clock) as stack:
        return await _Restoring(stack, folder, made, erased, same_bus=same).run()


class _Restoring:
    """The steps from filled stores to stores that may start."""

    def __init__(
        self,
        stack: Stack,
        folder: Path,
        made: Manifest,
        erased: Sequence[Subject] | None,
        *,
        same_bus: bool,
    ) -> None:
        self._stack = stack
        self._erased = erased
        self._bus = stack.bus
        self._folder = folder
        self._made = made
        self._same_bus = same_bus

    async def run(self) -> Restored:
        topics = sorted(self._made.topics)
        starts = await self._bus.start_offsets(topics)
        ends = await self._bus.end_offsets(topics)
        await self._begin_at(starts, ends)
        await self._say_again()
        found = await self._read_since(starts, ends)
        erased = await self._erase(found)
        await self._know_sent(found)
        if not self._same_bus:
            await leave_receipts_out(self._stack.services["ledger"], self._made.at)
        await self._project()
        await self._let_start()
        missing = [
            (topic, lane)
            for topic, lane, end in self._made.ends
            if self._same_bus and topic != BILLING and starts[topic, lane] > end
        ]
        count = None if self._erased is None else len(self._erased)
        return Restored(self._made, self._same_bus, found, tuple(missing), erased, count)

    async def _begin_at(self, starts: Positions, ends: Positions) -> None:
        """Have each service read on: upstream's words where it stood, the others' behind their
        end. A new bus is read from its start.
        """
        places: dict[ServiceName, Positions] = {}
        for name, service in self._made.services.items():
            if self._same_bus:
                _require_kept(service.store.offsets, starts)
            stood = stretches.standing(service.store, starts)
            places[name] = {
                place: (at if place[0] == BILLING else ends[place])
                if self._same_bus
                else starts[place]
                for place, at in stood.items()
            }
        for name, positions in places.items():
            pool = self._stack.services[name].pool
            async with acquire(pool) as connection, connection.transaction():
                await restored.begin_at(connection, name, positions)
        for name, positions in places.items():
            await self._bus.commit_info(group_of(name), positions)

    async def _say_again(self) -> None:
        """Put on the bus what some service had yet to hear when the backup was made."""
        for tail in self._made.tails:
            if tail.topic == BILLING and self._same_bus:
                continue
            batch: list[Outgoing] = []
            for one in files.records(self._folder, tail.file):
                batch.append(
                    Outgoing(one.topic, one.partition, one.key or b"", one.value, one.headers)
                )
                if len(batch) == _PUBLISHED_AT_ONCE:
                    await self._bus.publish(batch)
                    batch.clear()
            await self._bus.publish(batch)

    async def _read_since(self, starts: Positions, ends: Positions) -> Since:
        begin: Positions = {
            (topic, lane): max(offset, starts[topic, lane])
            for topic, lane, offset in self._made.ends
            if topic != BILLING and self._same_bus
        }
        for service in self._made.services.values():
            stood = stretches.standing(service.store, starts)
            for place, at in stood.items():
                if place[0] == BILLING:
                    at_first = at if self._same_bus else starts[place]
                    begin[place] = min(at_first, begin.get(place, at_first))
        now = ends if self._same_bus else await self._bus.end_offsets(sorted(self._made.topics))
        return await since.read(self._stretch(begin, now), await self._known())

    async def _stretch(self, begin: Positions, now: Positions) -> AsyncIterator[Record]:
        """What some service had yet to hear, then what came behind it."""
        for tail in self._made.tails:
            for one in files.records(self._folder, tail.file):
                yield one
        async for record in stretches.between(self._bus, begin, now):
            yield record

    async def _known(self) -> set[str]:
        """The ids of messages whose events the backup has, though they may stand behind its end."""
        known: set[str] = set()
        for tail in self._made.tails:
            known.update(since.ids_of(files.records(self._folder, tail.file)))
        for name, service in self._stack.services.items():
            relayed = self._made.services[name].store.relayed
            known |= await since.ids_to_publish(service, relayed)
        return known

    async def _erase(self, found: Since) -> int:
        """Erase whom the bus or the list says; answers how many that were."""
        told = {Subject(one.creditor, one.subject): one for one in found.erasures}
        for who in self._erased or ():
            if who not in told and not await is_erased(self._stack.services["ledger"], who):
                told[who] = confirmed(who, self._stack.clock.now())
        for who, message in told.items():
            await erase_again(self._stack.services["ledger"], who)  # which does not hear itself
            for service in self._stack.services.values():
                route = service.blueprint.messages.get(message.type)
                if route is not None:
                    await take_ahead(service, route, message)
        return len(told)

    async def _know_sent(self, found: Since) -> None:
        for subject, told in found.notices().items():
            await know_sent(self._stack.services["notifier"], subject, told)

    async def _project(self) -> None:
        """Fill the views, which are not in a backup: whoever asks then sees all there is."""
        for service in self._stack.services.values():
            for lane in range(self._bus.partitions):
                await service.projector.project(lane)

    async def _let_start(self) -> None:
        """All of them, or as good as: none is committed before all are ready to be."""
        async with contextlib.AsyncExitStack() as exits:
            for name, service in self._stack.services.items():
                connection = await exits.enter_async_context(acquire(service.pool))
                await exits.enter_async_context(connection.transaction())
                await restored.whole(connection, name)


def _require_kept(stood: Sequence[Place], starts: Mapping[tuple[str, int], int]) -> None:
    for topic, lane, at in stood:
        if topic == BILLING and at < starts[topic, lane]:
            raise Misconfigured(
                f"{topic}/{lane} begins at offset {starts[topic, lane]}, the backup needs it from "
                f"{at} on: what upstream sent in between is gone. Restore a newer backup, or have "
                "the topic kept for longer than the time between two backups"
            )
