"""One reader over all lanes an instance holds, and where each of them stands."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from time import monotonic

from chassis.bus.base import Bus, Reader, Record
from chassis.store.offsets import Positions

TakeOver = Callable[[int, Sequence[str]], Awaitable[Positions]]
"""Begins on a lane: where it stands on each of the topics it was consumed from before."""


@dataclass
class Reading:
    """The open reader and the committed position of each (topic, lane).

    A lane that comes or goes leaves the others as they are read; `reopen` begins all again.
    """

    bus: Bus
    topics: Sequence[str]
    take_over: TakeOver
    reader: Reader | None = None
    positions: Positions = field(default_factory=dict)
    lanes: set[int] = field(default_factory=set)
    """Those that are read."""
    _said: tuple[Positions, float] = field(default_factory=lambda: ({}, 0.0))
    """What the bus was told last, and when."""

    async def reopen(self, lanes: Sequence[int]) -> None:
        """Read the given lanes from where the store says they stand: never from where the bus
        thinks.
        """
        await self.close()
        self.positions, self.lanes = await self.find(lanes), set(lanes)
        if self.positions:
            self.reader = await self.bus.reader(self.positions)

    async def take(self, found: Positions) -> None:
        """Read lanes, old or new ones, from where they were found to stand; the others are read
        on.
        """
        if self.reader is None:
            self.reader = await self.bus.reader(self.positions | found)
        else:
            self.reader.take(found)
        self.positions.update(found)
        self.lanes.update(lane for _, lane in found)

    async def drop(self, lanes: Collection[int]) -> None:
        """Read some lanes no more; where they stand is known until `forget`."""
        self.lanes.difference_update(lanes)
        if self.reader is None:
            return
        if self.lanes:
            self.reader.drop(lanes)
        else:
            await self.close()

    def forget(self, lane: int) -> None:
        """Say no more where a lane stands: somebody else reads it."""
        for topic in self.topics:
            self.positions.pop((topic, lane), None)

    async def find(self, lanes: Sequence[int]) -> Positions:
        """Where the store says the lanes stand: they begin there."""
        starts = await self.bus.start_offsets(self.topics)
        found = {(topic, lane): starts[topic, lane] for lane in lanes for topic in self.topics}
        for lane in lanes:
            found.update(await self.take_over(lane, self.topics))
        return found

    async def fetch(
        self, max_records: int, wait_seconds: float, without: Collection[int] = ()
    ) -> dict[int, list[Record]]:
        """What comes next, per lane, but for some."""
        if self.reader is None:
            return {}
        by_lane: dict[int, list[Record]] = defaultdict(list)
        for record in await self.reader.fetch(max_records, wait_seconds, without):
            by_lane[record.partition].append(record)
        return by_lane

    async def ends(self) -> Positions:
        """Where the topics end at this moment."""
        return await self.bus.end_offsets(self.topics)

    def behind(self, ends: Positions) -> int:
        """How many messages up to `ends` are not consumed yet."""
        return sum(max(0, ends.get(place, 0) - at) for place, at in self.positions.items())

    async def report(self, group: str, positions: Positions, again_seconds: float = 0.0) -> None:
        """Tell the bus, for information, where this reader stands, unless it was told the same less
        than so many seconds ago.
        """
        said, at = self._said
        if said == positions and monotonic() < at + again_seconds:
            return
        saying = dict(positions)
        await self.bus.commit_info(group, saying)
        self._said = saying, monotonic()

    async def close(self) -> None:
        """Let go of the reader."""
        reader, self.reader = self.reader, None
        if reader is not None:
            await reader.close()
