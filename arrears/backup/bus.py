"""Reading a stretch of the bus, for a backup and after a restore."""

from collections.abc import AsyncIterator, Mapping

from chassis.bus.base import Bus, Record, next_offset
from chassis.errors import Transient
from chassis.store.copies import Store
from chassis.store.offsets import Positions

_RECORDS = 500
_WAIT_SECONDS = 0.5
_IDLE_MAX = 120


async def between(
    bus: Bus, starts: Mapping[tuple[str, int], int], ends: Mapping[tuple[str, int], int]
) -> AsyncIterator[Record]:
    """The records from `starts` up to `ends`, those of a partition in order.

    Raises `OffsetLost` for a start that is no longer there, `Transient` when the bus stops giving.
    """
    left = {place: at for place, at in starts.items() if at < ends[place]}
    if not left:
        return
    reader = await bus.reader(left)
    idle = 0
    try:
        while any(at < ends[place] for place, at in left.items()):
            found = await reader.fetch(_RECORDS, _WAIT_SECONDS)
            idle = 0 if found else idle + 1
            if idle > _IDLE_MAX:
                raise Transient("the bus does not give the messages it says it has")
            for record in found:
                place = record.topic, record.partition
                if record.offset < ends[place]:
                    yield record
                left[place] = next_offset(record)
    finally:
        await reader.close()


def standing(store: Store, starts: Positions) -> Positions:
    """Where a service stands on each lane of the topics it reads."""
    read = {(topic, lane): offset for topic, lane, offset in store.offsets}
    return {
        place: max(read.get(place, start), start)
        for place, start in starts.items()
        if place[0] in store.reads
    }


def lowest(positions: list[Positions]) -> Positions:
    """Of several readers the one furthest behind, for each place."""
    found: Positions = {}
    for one in positions:
        for place, at in one.items():
            found[place] = min(at, found.get(place, at))
    return found
