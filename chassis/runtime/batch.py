"""A batch of one lane on its way through: what its records turned out to be.

It is read a slice at a time, each slice handled before the next is decoded: five thousand decoded
messages at once would not stay in the processor's cache, and reading them again would cost more
than decoding them did.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from chassis.bus.base import TOMBSTONE, Record, Unreadable, next_offset
from chassis.runtime.boundaries import misplaced
from chassis.runtime.routes import Item, MessageRoute
from chassis.store import dead_letters, inbox
from chassis.store.bodies import Bodies
from chassis.store.dead_letters import Original, Parked
from contracts.characters import in_keys, refuse_key
from contracts.codec import Message, decode
from contracts.envelope import told
from contracts.errors import MalformedMessage, UnknownType
from contracts.registry import MODELS, OWNERS
from contracts.words.streams import Subject

SLICE_RECORDS = 200
OTHER_BODY = "this id was used before with another body; the first one stands"
PERHAPS_ANOTHERS = (
    "this id was used before an upgrade with another body, or by another creditor: "
    "retry the letter if it is new, else discard it"
)
_PERSONAL = "billing"
"""The only topic with personal data in clear."""

_NONE_KNOWN: Mapping[bytes, bytes] = {}

Routes = Mapping[str, Mapping[str, MessageRoute]]
"""By topic, then by type: a message has its effect on the topic of its type alone, since who may
write to one topic may not speak for the others.
"""


class Batch:
    """The records of a batch and what is known of them so far.

    `known` are the inbox rows, among those of the batch, that were there before. `rows` are the new
    ones, `applied` counts the messages handled by type, `erasures` are the keys of debtors erased
    here, `asks_for_more` says whether a message so far needs a history or a key, `unknown` counts
    by topic and type what no contract describes: on the topics in `guards` it is parked. `since`
    says how old each topic's messages are, of the first that is looked at. With `asks_before`,
    `before` has the key of each new row in earlier versions.
    """

    def __init__(
        self,
        lane: int,
        records: Sequence[Record],
        routes: Routes,
        bodies: Bodies,
        known: Mapping[bytes, bytes] = _NONE_KNOWN,
        guards: Collection[str] = (),
        asks_before: bool = False,
    ) -> None:
        self.lane = lane
        self.records = records
        self.rows: list[inbox.Row] = []
        self.before: dict[bytes, bytes] = {}
        self.parked: list[Parked] = []
        self.applied: Counter[str] = Counter()
        self.duplicates: Counter[str] = Counter()
        self.unknown: Counter[tuple[str, str]] = Counter()
        self.skipped: Counter[str] = Counter()
        self.since: dict[str, datetime] = {}
        self.erasures: set[bytes | None] = set()
        self.asks_for_more = False
        self._routes = routes
        self._bodies, self._hashed = bodies, bodies.now
        self._guards = guards
        self._asks_before = asks_before
        self.known = known
        self._seen = dict(known)
        self._only: list[Item] | None = None
        """The items of the one slice there is, decoded to see whether anything has an effect."""

    def ends(self) -> dict[tuple[str, int], int]:
        """Where each topic of the lane stands after these records."""
        last: dict[tuple[str, int], int] = {}
        for topic in {record.topic for record in self.records}:
            record = next(each for each in reversed(self.records) if each.topic == topic)
            last[topic, record.partition] = next_offset(record)
        return last

    def is_ignored(self) -> bool:
        """Whether nothing of a small batch has an effect here; asked before `slices`, if at all."""
        if len(self.records) > SLICE_RECORDS:
            return False
        self._only = self._decode(self.records)
        return not self._only and not self.parked

    def slices(self) -> Iterator[list[Item]]:
        """What is to be handled, in order; a slice is decoded when it is asked for."""
        if self._only is not None:
            only, self._only = self._only, None
            yield only
            return
        for first in range(0, len(self.records), SLICE_RECORDS):
            yield self._decode(self.records[first : first + SLICE_RECORDS])

    def _decode(self, records: Sequence[Record]) -> list[Item]:
        items: list[Item] = []
        routes, lane = self._routes, self.lane
        owners = OWNERS
        odd_keys = in_keys(b"".join([record.key or b"" for record in records]))
        for record in records:
            try:
                message = decode(record.value, record.headers)
                if odd_keys:
                    refuse_key(record.key or b"")
            except UnknownType as error:
                self._set_aside(record, error.type, str(error))
                continue
            except MalformedMessage as error:
                reason = record.reason if isinstance(record, Unreadable) else str(error)
                self.park(record, None, "Malformed", reason)
                continue
            topic = record.topic
            owner = owners.get(topic)
            route = routes[topic].get(message.type)
            if route is None or (owner is not None and message.source != owner):
                self._turn_away(record, message)
                continue
            streams = route.streams(message, lane)
            if not streams:
                self.skipped[topic] += 1
                continue
            if self._is_first(record, message):
                items.append((record, message, route, streams))
        kinds = Counter([message.type for _, message, _, _ in items])
        found = [routes[topic_of(kind)][kind] for kind in kinds]
        self.asks_for_more |= any(route.history or route.subject for route in found)
        self.applied.update(kinds)
        for record, message, _, _ in items[:: max(1, len(items) - 1)]:  # the first and the last
            self.since.setdefault(record.topic, _since(record, message))
        return items

    def _is_first(self, record: Record, message: Message) -> bool:
        """Whether a message is the first with its id; of another body it is parked."""
        row = inbox.inbox_row(message, self._hashed)
        body = row[1]
        known = self._seen.setdefault(row[0], body)
        if known is body:  # just put there
            self.rows.append(row)
            if self._asks_before:
                self.before[inbox.id_before(message)] = row[0]
            return True
        if known == body or self._bodies.is_message(known, message):
            self.duplicates[message.type] += 1
        else:
            before = isinstance(known, inbox.BodyBefore)
            self.park(record, message, "Rejected", PERHAPS_ANOTHERS if before else OTHER_BODY)
        return False

    def _turn_away(self, record: Record, message: Message) -> None:
        """A message without a route: others read it, or it does not belong here."""
        wrong = misplaced(record.topic, message.type, message.source)
        if wrong is None:
            self.skipped[record.topic] += 1
        else:
            self.unknown[record.topic, message.type] += 1
            self.park(record, message, *wrong)

    def _set_aside(self, record: Record, kind: str, reason: str) -> None:
        """A type no contract describes: of a later version of the topic's owner, or of nobody."""
        if kind == TOMBSTONE:
            return
        self.unknown[record.topic, kind] += 1
        wrong = misplaced(record.topic, kind, told(record.value, record.headers).source)
        if wrong is not None:
            self.park(record, None, *wrong)
        elif record.topic in self._guards:
            self.park(record, None, UnknownType.__name__, reason)

    def park(
        self,
        record: Record,
        message: Message | None,
        error: str,
        reason: str,
        *,
        holds_id: bool = False,
    ) -> None:
        """Set a record aside with the reason; `holds_id` when it is remembered all the same."""
        if message is None:
            said = told(record.value, record.headers)
            subject = dead_letters.subject_of(record, said)
            message_id, message_type = said.id, said.type
        else:
            subject = Subject(message.creditor, message.subject)
            message_id, message_type = message.id, message.type
        self.parked.append(
            Parked(
                lane=self.lane,
                source=record.topic,
                offset=record.offset,
                message_id=message_id,
                message_type=message_type,
                subject=subject,
                error=error,
                reason=reason,
                original=Original(record.value, tuple(record.headers)),
                holds_id=holds_id,
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


def _since(record: Record, message: Message) -> datetime:
    """From when on a message can have its effect: upstream's say when something was, not when they
    say it.
    """
    at = record.timestamp or 0
    if record.topic in OWNERS or at <= 0:
        return message.time
    return datetime.fromtimestamp(at / 1000, UTC)


def by_topic(routes: Mapping[str, MessageRoute], topics: Sequence[str]) -> Routes:
    """A service's routes, by the topic each is read from."""
    found: dict[str, dict[str, MessageRoute]] = {topic: {} for topic in topics}
    for kind, route in routes.items():
        found.setdefault(topic_of(kind), {})[kind] = route
    return found


def topic_of(kind: str) -> str:
    """The topic messages of a type are published to."""
    return MODELS[kind].TOPIC
