"""How far the lanes of an instance are published: known here at once, in the store a little later.

It is saved with the lane's next batch, or after a while with those of all lanes. Whoever goes on
after a crash publishes what is behind the saved place once more, under the same ids.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from asyncpg import Connection

from chassis.runtime.leases import Leases
from chassis.store.pool import acquire
from chassis.store.saving import LaneLost

_POSITION = "select position from relay where lane = $1"
# Proves that the lanes are still ours, as `Leases.fence` does.
_SAVE = """
with ours as (
  select lane, n.position from lanes
  join unnest($1::int[], $2::bigint[], $3::bigint[]) n (lane, epoch, position) using (lane, epoch)
  for share of lanes)
update relay set position = greatest(relay.position, ours.position)
from ours where relay.lane = ours.lane returning relay.lane"""


@dataclass
class _Place:
    """A lane in one epoch: how far it is published, and how far the store says it is."""

    epoch: int
    position: int
    saved: int


@dataclass
class Published:
    """The places of the lanes held."""

    leases: Leases
    _places: dict[int, _Place] = field(default_factory=dict)

    def at(self, lane: int) -> int | None:
        """How far a lane is published; None where that is not known here yet."""
        place = self._of(lane)
        return None if place is None else place.position

    async def find(self, lane: int) -> int:
        """How far a lane is published; asked of the store after it was gained."""
        place = self._of(lane)
        if place is None:
            epoch = self.leases.held.get(lane, -1)
            async with acquire(self.leases.pool) as connection:
                position = await connection.fetchval(_POSITION, lane)
            place = self._places[lane] = _Place(epoch, position, position)
        return place.position

    def reached(self, lane: int, position: int) -> None:
        """Note that the bus has a lane up to a position."""
        if lane in self._places:
            self._places[lane].position = position

    def unsaved(self, lane: int) -> int | None:
        """How far a lane is published, where the store does not know that."""
        place = self._of(lane)
        return None if place is None or place.position == place.saved else place.position

    def saved(self, lane: int, position: int | None) -> None:
        """Note that the store knows of a position now."""
        if position is not None and lane in self._places:
            self._places[lane].saved = position

    async def save(self, lanes: Collection[int]) -> None:
        """Have the store know how far some lanes are published; one that was lost is left to
        whoever has it.
        """
        found = {lane: at for lane in lanes if (at := self.unsaved(lane)) is not None}
        if found:
            epochs = [self._places[lane].epoch for lane in found]
            async with acquire(self.leases.pool) as connection:
                rows = await connection.fetch(_SAVE, list(found), epochs, list(found.values()))
            for row in rows:
                self.saved(row["lane"], found[row["lane"]])

    async def skip(self, connection: Connection, lane: int, position: int) -> None:
        """Go on behind an event that is set aside in this transaction; raises `LaneLost`. After the
        commit come `reached` and `saved`.
        """
        epoch = self.leases.held.get(lane, -1)
        if not await connection.fetch(_SAVE, [lane], [epoch], [position]):
            self.leases.held.pop(lane, None)
            raise LaneLost(f"lane {lane} was taken over")

    def forget(self) -> None:
        """Know nothing, as at the start."""
        self._places.clear()

    def _of(self, lane: int) -> _Place | None:
        place = self._places.get(lane)
        return place if place is not None and self.leases.held.get(lane) == place.epoch else None
