"""What must hold after every fault; each function names what does not.

They compare what was found (`Observed`) with what the model expects of the traffic file, and call
nothing of the services.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from tests.faults.listening import concerns, handled
from tests.faults.model import Expected
from tests.faults.observed import Observed
from tests.faults.recording import Message
from tests.faults.watching import READS

_EFFECTS = {
    "ItemOpened": 1,
    "PaymentReceived": 1,
    "PaymentAnnounced": 1,
    "PaymentReversed": 1,
    "ItemAdjusted": 1,
    "ItemCancelled": 1,
}
_TOLD_BEFORE = "PaymentAnnounced"
_MESSAGES_MAX = 30
"""Of one event."""
_ZOMBIES_MIN = 8
"""A single one may find out by itself, before it tries anything."""
_GROWTH_MAX = 1.2
_CACHES_BYTES_MAX = 128 << 20
"""What states that are kept in memory may take as accounts become more, and what an allocator does
not give back: a payment told late has its account's whole history folded, and the busiest account
of a run of twenty minutes leaves about 100 MB behind it, of which a few are in use.
"""
_NOISE_SAMPLES = 3
"""What a process holds goes up and down: only what it holds after each of so many faults counts."""
_TASKS_MORE_MAX = 10
_FILES_MORE_MAX = 20


class Sample(NamedTuple):
    """What a process holds when nothing is left to do."""

    resident_bytes: int
    tasks: int
    files: int
    """Open files and connections."""


class Replay(NamedTuple):
    """A service built again from its events alone, while nothing else happened."""

    service: str
    hash_seed: int
    status: int
    """With which the process ended."""
    before: Mapping[str, str]
    after: Mapping[str, str]
    """What each derived table holds, as a hash of its rows."""
    published: int
    """Records that came onto the topics meanwhile."""


class Answer(NamedTuple):
    """What a service answered to the token of one creditor."""

    mine: str
    asked_of: str
    """Creditor in the question; the token's own where a list of everything was asked for."""
    where: str
    status: int
    shown: frozenset[str]
    """Creditors in the answer."""


@dataclass
class Run:
    """What only those who ran it know."""

    backwards: list[str] = field(default_factory=list)
    """Offsets that were seen to go back."""
    slow: list[str] = field(default_factory=list)
    """Faults after which the system did not come back by itself in time."""
    replays: "list[Replay]" = field(default_factory=list)
    answers: "list[Answer]" = field(default_factory=list)
    """What was answered to tokens of one creditor each."""
    cleared: list[tuple[float, set[tuple[str, str]]]] = field(default_factory=list)
    """When everything was handled, and whose debts had been paid by then."""
    epochs: dict[str, str] = field(default_factory=dict)
    """By which a store's messages are named."""
    erased: set[tuple[str, str]] = field(default_factory=set)
    """Whom a person had erased, with the answer that it is done."""
    looked_in: int = 0
    """Places in which they were looked for."""
    zombies: list[float] = field(default_factory=list)
    """Of each process that came back: how many of its transactions were refused as another's."""
    replayed: int = 0
    """Events that were replayed, and in how long."""
    replay_seconds: float = 0.0
    samples: "dict[tuple[str, int], list[Sample]]" = field(default_factory=dict)
    """Of each process, by service and how often it was started, after each fault."""


Found = Iterator[str]
Figures = dict[tuple[str, str], tuple[int, int]]
Invariant = Callable[[Observed, Expected, Run], Found]


def i1_every_message_has_one_effect(seen: Observed, told: Expected, run: Run) -> Found:
    """Every good message had one effect in the ledger; aside are exactly the bad ones."""
    effects: Counter[str] = Counter()
    times = defaultdict(set)
    announced = {(e.stream, e.payment) for e in seen.events["ledger"] if e.type == _TOLD_BEFORE}
    for event in seen.events["ledger"]:
        if event.cause is not None:
            # What was told before its day is received by itself, whichever message wakes it.
            by_itself = (
                event.type == "PaymentReceived" and (event.stream, event.payment) in announced
            )
            effects[event.cause] += 0 if by_itself else _EFFECTS.get(event.type, 0)
            times[event.stream, event.cause].add(event.at)
    for id_, account in told.ids.items():
        if effects[id_] != 1:
            yield f"message {id_} of {account} had {effects[id_]} effects"
    yield from (
        f"{where} was handled {len(at)} times" for where, at in times.items() if len(at) > 1
    )
    bad = [
        one
        for one in seen.topics["billing"]
        if told.values.get(one.value) in {"malformed", "other"}
    ]
    # Upstream may have to publish one again; what is no nonsense then counts as a repeat.
    first = {one.value: (one.lane, one.offset) for one in reversed(bad)}
    aside = {(row["lane"], row["source_offset"]) for row in seen.parked["ledger"]}
    for where in sorted(set(first.values()) - aside):
        yield f"billing/{where} is bad and not aside"
    unseen = {(lane, offset) for topic, lane, offset in seen.unseen if topic == "billing"}
    for where in sorted(aside - unseen - {(one.lane, one.offset) for one in bad}):
        yield f"billing/{where} is good and aside"
    for service, rows in seen.parked.items():
        for row in rows:
            if row["source"] != "billing":
                yield f"{service} put a message of {row['source']} aside: {row['reason']}"


def i2_sums_are_exact(seen: Observed, told: Expected, run: Run) -> Found:
    """What an account owes is what the traffic says, in the store and as last published."""
    published: Figures = {}
    newest: dict[tuple[str, str], int] = {}
    for one in seen.topics["ledger"]:
        if one.event["type"] == "ledger.balance.changed.v1":
            data, account = one.event["data"], (one.event["creditor"], one.event["subject"])
            if data["ledger_version"] >= newest.get(account, 0):
                newest[account] = data["ledger_version"]
                published[account] = (data["principal"], data["prepaid"])
    yield from i2_in_the_store(seen, told, run)
    if seen.is_whole("ledger"):
        yield from _sums("topic", published, told)


def i2_in_the_store(seen: Observed, told: Expected, run: Run) -> Found:
    """What an account owes is what the traffic says, whatever was published."""
    yield from _sums("store", seen.accounts, told)


def _sums(where: str, figures: Figures, told: Expected) -> Found:
    for account, book in told.books.items():
        if not book.invoices and not book.payments:
            continue
        principal, prepaid = figures.get(account, (0, 0))
        if principal - prepaid != book.net:
            yield f"{account} owes {principal - prepaid} in the {where}, not {book.net}"
        elif told.is_all_due(account) and min(principal, prepaid) > 0:
            yield f"{account} owes {principal} while {prepaid} waits"


def i3_streams_have_no_gaps(seen: Observed, told: Expected, run: Run) -> Found:
    """Versions of a stream are 1 to n, and a topic tells them in that order."""
    for service, events in seen.events.items():
        versions = defaultdict(list)
        for event in events:
            versions[event.stream].append(event.version)
        for stream, found in versions.items():
            if found != list(range(1, len(found) + 1)):
                yield f"{service}: {stream} has the versions {found}"
        positions = _positions(seen, run, service)
        highest: Counter[int] = Counter()
        for one in first_of_each(seen.topics[service]):
            position = positions.get(one.event["id"], 0)
            if position < highest[one.lane]:
                yield f"{service}/{one.lane}/{one.offset} tells an event out of order"
            highest[one.lane] = max(highest[one.lane], position)


def i4_everything_is_published_and_heard(seen: Observed, told: Expected, run: Run) -> Found:
    """All events are published, nothing else is, and every listener took in each message once."""
    for service, events in seen.events.items():
        positions = _positions(seen, run, service)
        for one in seen.topics[service]:
            if one.event["id"] not in positions:
                yield f"{service} published {one.event['id']}, of no event that it has"
        last: Counter[int] = Counter()
        for event in events:
            last[event.lane] = max(last[event.lane], event.position)
        for lane, position in last.items():
            if seen.relayed[service, lane] < position:
                yield f"{service}: lane {lane} is published only to {seen.relayed[service, lane]}"
    for service, topics in READS.items():
        kinds = handled(service)
        ids = {
            (one.event["source"], one.event["id"])
            for topic in topics
            for one in seen.topics[topic]
            if one.event.get("type") in kinds
            and _is_readable(one, told)
            and concerns(service, one.event)
        }
        unseen = sum(topic in topics for topic, _, _ in seen.unseen)
        if not len(ids) <= seen.inbox[service] <= len(ids) + unseen:
            yield f"{service} took in {seen.inbox[service]} messages of {len(ids)}"


def i5_offsets_only_grow(seen: Observed, told: Expected, run: Run) -> Found:
    """No offset went back, all are at the end, and who lost its lanes could not go on in them."""
    yield from run.backwards
    for service, topics in READS.items():
        for (topic, lane), end in seen.ends.items():
            offset = seen.offsets.get((service, topic, lane), 0)
            if topic in topics and offset != end:
                yield f"{service} stands at {offset} of {end} on {topic}/{lane}"
    if len(run.zombies) >= _ZOMBIES_MIN and not sum(run.zombies):
        yield f"none of {len(run.zombies)} processes that came back was refused anything"


def i12_comes_back_by_itself(seen: Observed, told: Expected, run: Run) -> Found:
    """After each fault everything was handled in time, no process needed a hand, and none holds
    more than when it began.
    """
    yield from run.slow
    for (service, start), samples in run.samples.items():
        first = Sample(*map(max, zip(*samples[:_NOISE_SAMPLES], strict=True)))
        last = Sample(*map(min, zip(*samples[-_NOISE_SAMPLES:], strict=True)))
        name = f"process {start} of {service}"
        if last.resident_bytes > _GROWTH_MAX * first.resident_bytes + _CACHES_BYTES_MAX:
            yield f"{name} holds {last.resident_bytes >> 20} MB, {first.resident_bytes >> 20} first"
        if last.tasks > first.tasks + _TASKS_MORE_MAX:
            yield f"{name} has {last.tasks} tasks, {first.tasks} first"
        if last.files > first.files + _FILES_MORE_MAX:
            yield f"{name} has {last.files} files open, {first.files} first"


def _positions(seen: Observed, run: Run, service: str) -> dict[str, int]:
    """Where the event stands that a message is of, by the ids that its messages may have."""
    found = {}
    lanes = {event.lane for event in seen.events[service]}
    for event in seen.events[service]:
        for number in range(_MESSAGES_MAX):
            name = f"{run.epochs[service]}/{event.stream}/{event.version}/{number}"
            id_ = blake2b(name.encode(), digest_size=16).hexdigest()
            found[id_] = event.position
            if not event.stream.startswith("account-"):
                found |= {f"{id_}-{lane}": event.position for lane in lanes}
    return found


def first_of_each(messages: list[Message]) -> Iterator[Message]:
    """The messages without those that were published again."""
    known = set()
    for one in messages:
        if one.event["id"] not in known:
            known.add(one.event["id"])
            yield one


def _is_readable(one: Message, told: Expected) -> bool:
    """Whether a record can be read as a message, be it one that nobody can carry out."""
    sort = told.values.get(one.value)
    return sort != "malformed" or one.event.get("creditor") == "nobody"
