"""Accounts as they were, folded from their histories: beside the event loop, a portion at a time.

No connection is held while a portion is folded. The last few are kept: pages of an answer are all
of the same version, and its history, which never changes, is folded once for all of them.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from weakref import WeakKeyDictionary

from chassis.aside import aside
from chassis.runtime.service import Service
from chassis.store.reads import Selection
from chassis.store.stored import Stored
from services.ledger.domain.evolve import evolve
from services.ledger.domain.past import Past, archive
from services.ledger.domain.state import Account, Item

_KEPT = 8


class Folded(NamedTuple):
    """An account behind a version of its stream, and every item it ever had by then, by id."""

    account: Account
    version: int
    items: dict[str, Item]


@dataclass(frozen=True)
class _Kept:
    """What was folded last in a service, by stream and version."""

    folded: OrderedDict[tuple[str, int], Folded] = field(default_factory=OrderedDict)

    def keep(self, stream: str, one: Folded) -> None:
        self.folded[stream, one.version] = one
        if len(self.folded) > _KEPT:
            self.folded.popitem(last=False)


_kept: WeakKeyDictionary[Service, _Kept] = WeakKeyDictionary()


async def folded(service: Service, stream: str, wanted: Selection) -> Folded:
    """Fold an account's events from the first one up to what is wanted."""
    kept = _kept.setdefault(service, _Kept())
    if wanted.through is not None and (known := kept.folded.get((stream, wanted.through))):
        return known
    one = Folded(Account(), 0, {})
    while portion := await service.portion(stream, wanted._replace(after=one.version)):
        one = await aside(_further, one, portion)
    kept.keep(stream, one)
    return one


def _further(one: Folded, portion: Sequence[Stored]) -> Folded:
    account = one.account
    for stored in portion:
        account = evolve(account, stored.event)
    one.items.update(archive(Past(stored.at, stored.event) for stored in portion))
    return Folded(account, portion[-1].version, one.items)
