"""A batch of one lane on its way through: what its records turned out to be.

It is read a slice at a time, each slice handled before the next is decoded: five thousand decoded
messages at once would not stay in the processor's cache, and reading them again would cost more
than decoding them did.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from chassis import dead_letters, inbox
from chassis.bus.base import Record
from chassis.dead_letters import Original, Parked
from chassis.routes import MessageRoute
from chassis.vault import Subject
from contracts.codec import Message, decode
from contracts.errors import MalformedMessage, UnknownType
from contracts.registry import MODELS

SLICE_RECORDS = 500
ERASED = "billing.account.erased.v1"
OTHER_BODY = "this id was used before with another body; the first one stands"
_PERSONAL = "billing"
"""The only topic with personal data in clear."""

_NONE_KNOWN: Mapping[bytes, bytes] = {}

Item = tuple[Record, Message, MessageRoute]
"""A plain tuple, since one is made for every message."""


class Batch:
    """The records of a batch and what is known of them so far.

    `known` are the inbox rows, among those of the batch, that were there before. `rows` are the new
    ones, `applied` counts the messages handled by type, `erasures` are the keys of debtors erased
    here, `asks_for_more` says whether a message so far needs a history or a key.
    """

    def __init__(
        self,
        lane: int,
        records: Sequence[Record],
        routes: Mapping[str, MessageRoute],
        known: Mapping[bytes, bytes] = _NONE_KNOWN,
    ) -> None:
        self.lane = lane
        self.records = records
        self.rows: list[inbox.Row] = []
        self.parked: list[Parked] = []
        self.applied: Counter[str] = Counter()
        self.duplicates: Counter[str] = Counter()
        self.erasures: set[bytes | None] = set()
        self.asks_for_more = False
        self._routes = routes
        self.known = known
        self._seen = dict(known)

    def ends(self) -> dict[tuple[str, int], int]:
        """Where each topic of the lane stands after these records."""
        last: dict[tuple[str, int], int] = {}
        for topic in {record.topic for record in self.records}:
            record = next(each for each in reversed(self.records) if each.topic == topic)
            last[topic, record.partition] = record.offset + 1
        return last

    def slices(self) -> Iterator[list[Item]]:
        """What is to be handled, in order; a slice is decoded when it is asked for."""
        for first in range(0, len(self.records), SLICE_RECORDS):
            yield self._decode(self.records[first : first + SLICE_RECORDS])

    def _decode(self, records: Sequence[Record]) -> list[Item]:
        items: list[Item] = []
        routes, seen, rows = self._routes, self._seen, self.rows
        for record in records:
            try:
                message = decode(record.value, record.headers)
            except UnknownType:
                continue
            except MalformedMessage as error:
                self.park(record, None, "Malformed", str(error))
                continue
            route = routes.get(message.type)
            if route is None:
                continue
            row = inbox.inbox_row(message)
            body = row[1]
            known = seen.setdefault(row[0], body)
            if known is body:  # just put there: the first with this id
                rows.append(row)
                items.append((record, message, route))
                if message.type == ERASED:
                    self.erasures.add(record.key)
            elif known == body:
                self.duplicates[message.type] += 1
            else:
                self.park(record, message, "Rejected", OTHER_BODY)
        kinds = Counter([message.type for _, message, _ in items])
        self.asks_for_more |= any(routes[kind].history or routes[kind].subject for kind in kinds)
        self.applied.update(kinds)
        return items

    def park(self, record: Record, message: Message | None, error: str, reason: str) -> None:
        """Set a record aside with the reason."""
        subject = dead_letters.subject_of(record)
        if message is not None:
            subject = Subject(message.creditor, message.subject)
        self.parked.append(
            Parked(
                lane=self.lane,
                source=record.topic,
                offset=record.offset,
                message_id=None if message is None else message.id,
                message_type=None if message is None else message.type,
                subject=subject,
                error=error,
                reason=reason,
                original=Original(record.value, tuple(record.headers)),
            )
        )

    def of_erased(self, known: set[bytes | None]) -> list[Record]:
        """What came in clear for debtors erased before or here, in order."""
        here = self.erasures
        if not known and not here:
            return []
        return [
            record
            for record in self.records
            if record.topic == _PERSONAL and (record.key in known or record.key in here)
        ]

    def messages_again(self) -> Iterator[Message]:
        """The readable messages, decoded anew: they are seldom asked for."""
        for record in self.records:
            try:
                yield decode(record.value, record.headers)
            except (UnknownType, MalformedMessage):
                continue


def topic_of(kind: str) -> str:
    """The topic messages of a type are published to."""
    return MODELS[kind].TOPIC
