"""Hostile events: every type and field, in both modes of CloudEvents, on every topic and lane."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from chassis.bus.base import lane_of
from contracts.codec import CONTENT_TYPE
from contracts.registry import MODELS, OWNERS, TOPICS
from tests.hostile import nasty

SAMPLES = Path(__file__).parents[2] / "contracts" / "samples"
VICTIM, VILLAIN = "acme", "mallory"
VILLAIN_SOURCE, VICTIM_SOURCE = "mallory/billing", "acme/billing"
ACCOUNTS = 12
SIZES = (10_000, 200_000, 900_000)
_VALUE_MAX, _HEADER_MAX = 900_000, 5_000
Event = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """A record as it goes on the bus; `kind` says what is wrong with it."""

    kind: str
    topic: str
    lane: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


class HostileEvents:
    """Makes events of a seed; those in the victim's name are from a source of the villain's."""

    def __init__(self, rng: Random, partitions: int) -> None:
        self._rng = rng
        self._partitions = partitions
        self._samples = {p.stem: json.loads(p.read_text()) for p in sorted(SAMPLES.glob("*.json"))}
        self._count = 0
        self._earlier: list[tuple[str, Event]] = []
        self._kinds: list[tuple[int, Callable[[], Sent]]] = [
            (20, self._lawful), (45, self._spoilt), (6, self._envelope), (5, self._doubled_key),
            (2, self._huge), (6, self._wrong_topic), (6, self._wrong_source), (8, self._broken),
            (8, self._binary), (4, self._again), (4, self._odd_key), (2, self._wrong_lane),
            (6, self._forged), (3, self._list),
        ]  # fmt: skip

    def next(self) -> Sent:
        """The next event."""
        weights = [weight for weight, _ in self._kinds]
        self._count += 1
        return self._rng.choices([make for _, make in self._kinds], weights)[0]()

    def billing(self) -> bytes:
        """What somebody posts at the door: an event of upstream, often spoilt."""
        event = self._event("billing")
        nasty.spoil(event, self._rng, self._rng.choice((0, 1, 1, 1, 2, 4)))
        return nasty.written(event)

    # ---- kinds

    def _lawful(self) -> Sent:
        return self._sent("lawful", self._event())

    def _spoilt(self) -> Sent:
        event = self._event()
        # mostly inside the data: the envelope has few fields
        inside = event["data"] if self._rng.random() < 0.75 else event
        nasty.spoil(inside, self._rng, self._rng.choice((1, 1, 1, 2, 4)))
        return self._sent("spoilt", event)

    def _envelope(self) -> Sent:
        event = self._event()
        name = self._rng.choice(("creditor", "subject", "source", "id", "type", "time", "data"))
        if self._rng.random() < 0.5:
            del event[name]
        else:
            event[name] = nasty.value(self._rng)
        return self._sent("envelope", event)

    def _doubled_key(self) -> Sent:
        event = self._event()
        return self._sent("doubled key", event, nasty.doubled(nasty.written(event), self._rng))

    def _huge(self) -> Sent:
        event = self._event()
        filler = "x" * self._rng.choice(SIZES)
        nasty.put(event, self._rng.choice(nasty.places(event)), filler)
        return self._sent("huge", event)

    def _wrong_topic(self) -> Sent:
        sent = self._sent("wrong topic", self._event())
        return Sent(sent.kind, self._rng.choice(TOPICS), *_rest(sent))

    def _wrong_source(self) -> Sent:
        event = self._event()
        event["source"] = self._rng.choice([*OWNERS.values(), "mallory", *nasty.TEXTS])
        return self._sent("wrong source", event)

    def _broken(self) -> Sent:
        event = self._event()
        text = nasty.written(event)
        cut = self._rng.randrange(1, len(text))
        utf_16 = text.decode().encode("utf-16")
        broken = self._rng.choice((
            b"", b"\0", b"null", b"[]", b"{}", b"\xff\xfe\x00", text[:cut], text + b"}", utf_16,
            b"[" * 30_000, b"\xef\xbb\xbf" + text, text.replace(b'"1.0"', b'"0.3"'),
            text.replace(b'"data"', b'"data_base64"'), text.replace(b"e", b"\xe9"),
            b'"' + b"x" * 500 + b'"',
        ))  # fmt: skip
        return self._sent("broken", event, broken)

    def _binary(self) -> Sent:
        event = self._event()
        if self._rng.random() < 0.5:
            nasty.spoil(event, self._rng, 1)
        data = event.pop("data", None)
        headers = [("content-type", b"application/json")]
        for name, told in event.items():
            text = told if isinstance(told, str) else json.dumps(told)
            # The names of headers are texts to every client: none sends half of a pair.
            header = f"ce_{name}".replace("\0", "").encode("utf-8", "replace").decode()
            headers.append((header, text.encode("utf-8", "surrogatepass")))
        if self._rng.random() < 0.2:
            headers.append(self._rng.choice(headers))
        if self._rng.random() < 0.2:
            headers.append(("ce_id", b"\xff\xfe"))
        return self._sent("binary", event, nasty.written(data), tuple(headers))

    def _again(self) -> Sent:
        if not self._earlier:
            return self._lawful()
        kind, event = self._rng.choice(self._earlier)
        event = copy.deepcopy(event)
        if self._rng.random() < 0.5:
            nasty.spoil(event["data"], self._rng, 1)
        return self._sent("again", {**event, "type": kind})

    def _odd_key(self) -> Sent:
        sent = self._sent("odd key", self._event())
        keys = (b"", b"\0", b"\xff\xfe", b"/", b"acme/V-0", b"mallory", b"x" * 5000, b"a/b/c/d")
        return Sent(sent.kind, sent.topic, sent.lane, self._rng.choice(keys), *_rest(sent)[2:])

    def _wrong_lane(self) -> Sent:
        sent = self._sent("wrong lane", self._event())
        lane = self._rng.randrange(self._partitions)
        return Sent(sent.kind, sent.topic, lane, *_rest(sent)[1:])

    def _forged(self) -> Sent:
        """In the victim's name, from a source that is not the victim's."""
        event = self._event(
            "billing", creditor=VICTIM, account=f"V-{self._rng.randrange(ACCOUNTS)}"
        )
        if self._rng.random() < 0.3:
            event["id"] = f"valid-{self._rng.randrange(50)}"  # as the victim numbers its own
        return self._sent("forged", event)

    def _list(self) -> Sent:
        events = [self._event() for _ in range(3)]
        return self._sent("list", events[0], nasty.written(events))

    # ---- parts

    def _event(
        self, topic: str | None = None, creditor: str = VILLAIN, account: str | None = None
    ) -> Event:
        """A lawful event of the villain's own: any type, about one of its accounts."""
        kinds = [kind for kind in self._samples if topic in (None, MODELS[kind].TOPIC)]
        kind = self._rng.choice(kinds)
        event: Event = copy.deepcopy(self._samples[kind])
        account = account or f"M-{self._rng.randrange(ACCOUNTS)}"
        event |= {"id": f"h-{self._count}-{self._rng.randrange(10**6)}", "creditor": creditor}
        event["source"] = OWNERS.get(MODELS[kind].TOPIC, VILLAIN_SOURCE)
        if "account_id" in event["data"]:
            event["data"]["account_id"] = event["subject"] = account
        if "creditor" in event["data"]:
            event["data"]["creditor"] = creditor
        for name in ("invoice_id", "payment_id", "item_id", "notice_id", "request_id", "case_id"):
            if name in event["data"]:
                event["data"][name] = f"{name}-{self._rng.randrange(40)}"
        if len(self._earlier) < 200:
            self._earlier.append((kind, copy.deepcopy(event)))
        return event

    def _sent(
        self,
        what: str,
        event: Event,
        value: bytes | None = None,
        headers: tuple[tuple[str, bytes], ...] | None = None,
    ) -> Sent:
        kind = event.get("type")
        topic = MODELS[kind].TOPIC if isinstance(kind, str) and kind in MODELS else "billing"
        told = (event.get("creditor"), event.get("subject", "*"))
        key = "/".join(str(one) for one in told).encode("utf-8", "replace")[:2000]
        if headers is None:
            headers = (("content-type", CONTENT_TYPE.encode()),)
        text = nasty.written(event) if value is None else value
        # The bus takes no more than a million bytes: what is larger never gets anywhere.
        short = tuple((name, told[:_HEADER_MAX]) for name, told in headers)
        return Sent(what, topic, lane_of(key, self._partitions), key, text[:_VALUE_MAX], short)


def _rest(sent: Sent) -> tuple[Any, ...]:
    return sent.lane, sent.key, sent.value, sent.headers
