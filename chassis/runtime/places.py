"""Where lanes have read to without a word to the store: messages that a service ignores cost no
transaction.

The store learns of it with the lane's next batch that has an effect, or a little later with those
of all lanes. Whoever goes on after a crash reads what was ignored once more, and ignores it again.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from asyncpg import Connection

from chassis.runtime.leases import Leases
from chassis.store import offsets
from chassis.store.offsets import Positions
from chassis.store.pool import acquire
from chassis.store.saving import LaneLost
from chassis.store.store import Store


@dataclass
class Places:
    """The places at which the store says a lane stands, where it was read on without saving."""

    store: Store
    leases: Leases
    _passed: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    """Of each place, where the store says it is and how far it was read: whoever gives a lane back
    has forgotten the latter elsewhere.
    """

    def lanes(self) -> set[int]:
        """Those of which something is to be saved."""
        return {lane for _, lane in self._passed}

    def passed(self, positions: Positions, moved: Positions) -> None:
        """Read on over what has no effect."""
        for place, reached in moved.items():
            saved, _ = self._passed.get(place, (positions[place], 0))
            self._passed[place] = saved, reached
        positions.update(moved)

    async def move(
        self, connection: Connection, lane: int, positions: Positions, moved: Positions
    ) -> None:
        """Move a lane on in a batch's transaction, and save with it what it passed before; raises
        `Transient` as `offsets.move` does. After the commit comes `forget`.
        """
        was, to = self.of_batch(lane, positions, moved)
        await offsets.move(connection, lane, was, to)

    def of_batch(
        self, lane: int, positions: Positions, moved: Positions
    ) -> tuple[Positions, Positions]:
        """Where the store says a lane stands, and where it is to stand after a batch: where that
        moved to, and what was passed before.
        """
        passed = {place: both for place, both in self._passed.items() if place[1] == lane}
        to = {place: reached for place, (_, reached) in passed.items()} | moved
        return {place: passed.get(place, (positions.get(place, 0), 0))[0] for place in to}, to

    def forget(self, lane: int) -> None:
        """The store says where this lane stands."""
        for place in [place for place in self._passed if place[1] == lane]:
            del self._passed[place]

    def in_store(self, positions: Positions) -> Positions:
        """These positions as the store has them: what is behind them may not be lost yet."""
        saved = {place: at for place, (at, _) in self._passed.items() if place in positions}
        return positions | saved

    async def save(self, lanes: Collection[int]) -> None:
        """Save where some lanes stand, in one transaction; nobody may write in them meanwhile. One
        that was lost is left to whoever has it.
        """
        kept = [lane for lane in lanes if lane in self.leases.held]
        try:
            async with acquire(self.store.pool) as connection, connection.transaction():
                for lane in kept:
                    await self.leases.fence(connection, lane)
                    await self.move(connection, lane, {}, {})
        except LaneLost:  # the others another time
            kept = []
        for lane in {*kept, *(self.lanes() - self.leases.held.keys())}:
            self.forget(lane)
