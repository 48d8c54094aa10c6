"""What happened between a backup and the loss of its stores, as far as the bus tells.

Services published it, their stores do not know it any more, and they will decide much of it again.
"""

import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from arrears.backup.manifest import BILLING
from chassis.bus.base import Record
from chassis.runtime.boundaries import misplaced
from chassis.runtime.instance import Instance
from chassis.runtime.outgoing import message_id
from chassis.store.pool import acquire
from contracts import dunning, ledger, legal, notifier
from contracts.codec import Message, decode
from contracts.errors import MalformedMessage, UnknownType
from contracts.words.streams import Subject
from services.notifier.restored import Told, fate

ERASURES = frozenset({ledger.AccountErasureConfirmed.TYPE})
_BY_PEOPLE = frozenset(
    model.TYPE
    for model in (
        dunning.PromiseMade,
        dunning.PlanAgreed,
        dunning.DisputeOpened,
        dunning.DisputeResolved,
        dunning.HoldPlaced,
        dunning.HoldReleased,
        dunning.ApplicationMade,
        dunning.ApplicationDecided,
        dunning.ApprovalDecided,
        dunning.LateFeeWaived,
        dunning.TaskCompleted,
        dunning.ContactReported,
        dunning.ReferralMade,
        dunning.WriteOffApproved,
        legal.MatterProgressed,
        legal.CostIncurred,
        legal.InventoryTaken,
    )
)
"""What people had recorded over HTTP: nobody decides it again by themselves."""
_OUTSIDE = frozenset(
    model.TYPE
    for model in (
        dunning.DirectDebitRequested,
        dunning.RestrictionRequested,
        legal.DocumentIssued,
    )
)
"""What others may have acted on, and will be asked for again."""
_BATCH = 1000


@dataclass
class Since:
    """The messages that matter, in order."""

    erasures: list[Message] = field(default_factory=list)
    by_people: list[Message] = field(default_factory=list)
    outside: list[Message] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    fates: dict[tuple[Subject, str], list[Message]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def notices(self) -> dict[Subject, list[Told]]:
        """The notices that went out, by account, each with what became known of it."""
        found: dict[Subject, list[Told]] = defaultdict(list)
        for message in self.sent:
            subject = Subject(message.creditor, message.subject)
            known = [fate(one) for one in self.fates.get((subject, message.data.notice_id), ())]
            found[subject].append(Told(message, [one for one in known if one is not None]))
        return found


async def read(records: AsyncIterator[Record], known: Collection[str]) -> Since:
    """Sort the records of the stretch; `known` are ids of messages whose events are in the backup:
    of these only erasures matter, which not every service may have heard.

    What cannot be read is left: it is met again where it is consumed. What does not belong on its
    topic is nobody's word: anyone may have written it.
    """
    since = Since()
    seen: set[tuple[str, str, str]] = set()
    async for record in records:
        try:
            message = decode(record.value, record.headers)
        except (MalformedMessage, UnknownType):
            continue
        if misplaced(record.topic, message.type, message.source) is not None:
            continue
        identity = message.creditor, message.source, message.id
        if identity in seen:
            continue
        seen.add(identity)
        if message.type in ERASURES:
            since.erasures.append(message)
        elif record.topic != BILLING and _bare(message.id) not in known:
            _sort(since, message)
    return since


def _sort(since: Since, message: Message) -> None:
    if message.type in _BY_PEOPLE:
        since.by_people.append(message)
    elif message.type in _OUTSIDE:
        since.outside.append(message)
    elif message.type == notifier.NoticeSent.TYPE:
        since.sent.append(message)
    elif fate(message) is not None:
        subject = Subject(message.creditor, message.subject)
        since.fates[subject, message.data.notice_id].append(message)


async def ids_to_publish(service: Instance, relayed: Mapping[int, int]) -> set[str]:
    """The ids of what a restored service is going to publish again: it may be on the bus."""
    found: set[str] = set()
    store = service.store
    async with acquire(service.pool) as connection:
        for lane in range(service.bus.partitions):
            position = relayed.get(lane, 0)
            while events := await store.lane_after(connection, lane, position, _BATCH):
                for stored in events:
                    epoch = store.epochs.at(stored.position)
                    # one that cannot be published was set aside, and is on no bus
                    with contextlib.suppress(Exception):
                        for number, _ in enumerate(service.blueprint.publish(stored)):
                            found.add(message_id(epoch, stored, number))
                position = events[-1].position
    return found


def ids_of(records: Iterable[Record]) -> Iterator[str]:
    """The ids of what can be read of some records."""
    for record in records:
        with contextlib.suppress(MalformedMessage, UnknownType):
            yield _bare(decode(record.value, record.headers).id)


def _bare(message_id: str) -> str:
    """An id without the lane that copies for every lane have."""
    return message_id.partition("-")[0]
