"""The judges find what they are there to find: a sound run is broken in one place at a time."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from tests.faults import conduct, erasing, invariants
from tests.faults.invariants import Answer, Invariant, Replay, Run, Sample
from tests.faults.model import Expected, expect
from tests.faults.observed import Event, Observed
from tests.faults.recording import Message
from tests.faults.watching import READS

NOW = datetime(2026, 3, 8, 4, tzinfo=UTC)
AT = datetime(2026, 3, 6, 2, tzinfo=UTC)  # ten in the morning in Shanghai
ACCOUNT = ("shanghai", "silent-1")
STREAM = "account-shanghai/silent-1"


def _sample(megabytes: int, tasks: int = 20, files: int = 30) -> Sample:
    return Sample(megabytes << 20, tasks, files)


GROWN = (_sample(400, 70, 90), _sample(183, 25, 40))
NOBODY = ("shanghai", "erased-1")
RUN = Run(
    epochs=dict.fromkeys(READS, "epoch"),
    zombies=[0.0] * 7 + [2.0],
    replays=[Replay("ledger", 1, 0, {"state": "a"}, {"state": "a"}, 0)],
    answers=[
        Answer("shanghai", "berlin", "ledger /v1/…", 403, frozenset()),
        Answer("shanghai", "shanghai", "dunning /v1/cases", 200, frozenset({"shanghai"})),
    ],
    erased={NOBODY},
    samples={("ledger", 1): [_sample(50), _sample(100), _sample(90), *GROWN, _sample(400, 70, 90)]},
)


def _event(id_: str, kind: str, data: dict[str, Any], source: str = "billing") -> dict[str, Any]:
    subject = {"creditor": ACCOUNT[0], "subject": ACCOUNT[1]}
    return {"id": id_, "source": source, "type": kind, **subject, "data": data}


INVOICE = _event(
    "e1",
    "billing.invoice.issued.v1",
    {"invoice_id": "I", "amount": 900, "due_on": "2026-03-05"},
)
BALANCE = _event(
    blake2b(f"epoch/{STREAM}/1/0".encode(), digest_size=16).hexdigest(),
    "ledger.balance.changed.v1",
    {"ledger_version": 1, "principal": 900, "prepaid": 0},
    "arrears/ledger",
)
REQUEST = _event(
    blake2b(f"epoch/{STREAM}/1/0".encode(), digest_size=16).hexdigest(),
    "dunning.notice.requested.v1",
    {"purpose": "reminder", "channel": "sms", "notice_id": "N"},
    "arrears/dunning",
)


def _message(topic: str, event: dict[str, Any]) -> Message:
    return Message(topic, 0, 0, json.dumps(event).encode(), event)


@pytest.fixture
def told(tmp_path: Path) -> Expected:
    file = tmp_path / "traffic.jsonl"
    value = base64.b64encode(json.dumps(INVOICE).encode()).decode()
    file.write_text(json.dumps({"tick": 0, "key": "k", "value": value, "is": "valid"}))
    expected = expect(file, 1, NOW)
    expected.erased.add(NOBODY)
    expected.people[NOBODY].add("Canary1x")
    return expected


@pytest.fixture
def sound() -> Observed:
    topics = {"billing": [INVOICE], "ledger": [BALANCE], "dunning": [REQUEST]}
    ends = {(topic, 0): 1 for topic in topics}
    opened = Event(0, 1, STREAM, 1, "ItemOpened", AT, "e1")
    asked = Event(0, 1, STREAM, 1, "NoticeRequested", AT, None)
    attempt = {"stream": STREAM, "at": AT, "notice_id": "N"}
    notice = {"notice_id": "N", "creditor": ACCOUNT[0], "account": ACCOUNT[1]}
    return Observed(
        topics={name: [] for name in (*READS, "billing")}
        | {name: [_message(name, one) for one in found] for name, found in topics.items()},
        ends=ends,
        offsets={(s, t, 0): 1 for s, reads in READS.items() for t in reads if (t, 0) in ends},
        events={name: [] for name in READS} | {"ledger": [opened], "dunning": [asked]},
        parked={name: [] for name in READS},
        inbox={"ledger": 1, "dunning": 1, "notifier": 2, "legal": 1},
        relayed={("ledger", 0): 1, ("dunning", 0): 1},
        accounts={ACCOUNT: (900, 0)},
        notices=[notice | {"state": "sent", "reason": ""}],
        attempts=[attempt],
        gateway=[{"key": "N", "channel": "sms", "what": "accepted", "wall": 1.0}],
        posted=set(),
        places={"the stores' dump": b"Canary11x of somebody else"},
    )


ALL: tuple[Invariant, ...] = (
    invariants.i1_every_message_has_one_effect,
    invariants.i2_sums_are_exact,
    invariants.i3_streams_have_no_gaps,
    invariants.i4_everything_is_published_and_heard,
    invariants.i5_offsets_only_grow,
    conduct.i6_notices_are_sent_once,
    conduct.i7_nothing_follows_the_payment,
    conduct.i8_contacts_keep_hours_and_limits,
    conduct.i9_replay_changes_nothing,
    erasing.i10_who_was_erased_is_gone,
    conduct.i11_tenants_see_their_own,
    invariants.i12_comes_back_by_itself,
)


def test_a_sound_run_is_found_sound(sound: Observed, told: Expected) -> None:
    assert [text for holds in ALL for text in holds(sound, told, RUN)] == []


def test_a_payment_told_before_its_day_has_one_effect_whichever_message_wakes_it(
    sound: Observed, told: Expected
) -> None:
    announced = Event(0, 1, STREAM, 1, "PaymentAnnounced", AT, "e1", "P-1")
    received = announced._replace(position=2, version=2, type="PaymentReceived")
    early = replace(sound, events=sound.events | {"ledger": [announced, received]})
    assert list(invariants.i1_every_message_has_one_effect(early, told, RUN)) == []
    other = replace(early, events=early.events | {"ledger": [received._replace(payment="P-2")] * 2})
    assert list(invariants.i1_every_message_has_one_effect(other, told, RUN))


Broken = Callable[[Observed], Observed]
OPENED = Event(0, 1, STREAM, 1, "ItemOpened", AT, "e1")
NIGHT = datetime(2026, 3, 6, 20, tzinfo=UTC)  # four in the morning in Shanghai
BREAKS: dict[str, tuple[Invariant, Broken]] = {
    "a message without effect": (
        ALL[0],
        lambda seen: replace(seen, events=seen.events | {"ledger": []}),
    ),
    "a message with two effects": (
        ALL[0],
        lambda seen: replace(
            seen,
            events=seen.events | {"ledger": [OPENED, OPENED._replace(version=2, at=NOW)]},
        ),
    ),
    "a good message aside": (
        ALL[0],
        lambda seen: replace(
            seen,
            parked=seen.parked
            | {"ledger": [{"source": "billing", "lane": 0, "source_offset": 0, "reason": ""}]},
        ),
    ),
    "a wrong sum": (ALL[1], lambda seen: replace(seen, accounts={ACCOUNT: (899, 0)})),
    "a gap in a stream": (
        ALL[2],
        lambda seen: replace(
            seen, events=seen.events | {"ledger": [OPENED, OPENED._replace(version=3)]}
        ),
    ),
    "a message of no event": (
        ALL[3],
        lambda seen: replace(seen, events=seen.events | {"ledger": []}),
    ),
    "an event that is not published": (
        ALL[3],
        lambda seen: replace(seen, relayed=seen.relayed | {("ledger", 0): 0}),
    ),
    "a listener that missed one": (
        ALL[3],
        lambda seen: replace(seen, inbox=seen.inbox | {"legal": 0}),
    ),
    "a record that is not read": (
        ALL[4],
        lambda seen: replace(seen, ends=seen.ends | {("billing", 0): 2}),
    ),
    "a notice that is not sent": (ALL[5], lambda seen: replace(seen, gateway=[])),
    "a notice asked for twice": (
        ALL[5],
        lambda seen: replace(
            seen,
            topics=seen.topics
            | {"dunning": [_message("dunning", one) for one in (REQUEST, REQUEST | {"id": "x"})]},
        ),
    ),
    "a notice of nobody": (ALL[6], lambda seen: replace(seen, notices=[])),
    "a notice to somebody who paid": (
        ALL[6],
        lambda seen: replace(seen, notices=[seen.notices[0] | {"account": "punctual-1"}]),
    ),
    "a notice at night": (
        ALL[7],
        lambda seen: replace(seen, attempts=[seen.attempts[0] | {"at": NIGHT}]),
    ),
    "eight contacts in a week": (
        ALL[7],
        lambda seen: replace(
            seen,
            attempts=[seen.attempts[0] | {"notice_id": f"N{n}"} for n in range(8)],
        ),
    ),
}


@pytest.mark.parametrize("what", BREAKS)
def test_what_is_broken_is_found(what: str, sound: Observed, told: Expected) -> None:
    holds, broken = BREAKS[what]
    assert list(holds(broken(sound), told, RUN)) != []


BARRED = _event("r1", "dunning.restriction.requested.v1", {"service": "outgoing"})
PAID = ("shanghai", "late-1")
RUNS: dict[str, tuple[Invariant, Run]] = {
    "offsets that went back": (ALL[4], replace(RUN, backwards=["ledger/billing/0 from 9 to 3"])),
    "zombies that nobody stopped": (ALL[4], replace(RUN, zombies=[0.0] * 8)),
    "a replay that comes out different": (
        ALL[8],
        replace(RUN, replays=[RUN.replays[0]._replace(after={"state": "b"})]),
    ),
    "a replay that loses a table": (
        ALL[8],
        replace(RUN, replays=[RUN.replays[0]._replace(after={})]),
    ),
    "a replay that publishes": (
        ALL[8],
        replace(RUN, replays=[RUN.replays[0]._replace(published=1)]),
    ),
    "a replay that fails": (ALL[8], replace(RUN, replays=[RUN.replays[0]._replace(status=1)])),
    "somebody who cannot be erased": (ALL[9], replace(RUN, erased=set())),
    "an answer about another's": (
        ALL[10],
        replace(RUN, answers=[RUN.answers[0]._replace(status=200)]),
    ),
    "another's row in a list": (
        ALL[10],
        replace(RUN, answers=[RUN.answers[1]._replace(shown=frozenset({"shanghai", "berlin"}))]),
    ),
    "a list that fails": (ALL[10], replace(RUN, answers=[RUN.answers[1]._replace(status=500)])),
    "a service that does not come back": (ALL[11], replace(RUN, slow=["F1: not drained"])),
    "memory that grows": (
        ALL[11],
        replace(RUN, samples={("ledger", 1): [_sample(100)] * 3 + [_sample(249)] * 3}),
    ),
    "tasks that stay": (
        ALL[11],
        replace(RUN, samples={("ledger", 1): [_sample(100)] * 3 + [_sample(100, tasks=40)] * 3}),
    ),
    "connections that stay": (
        ALL[11],
        replace(RUN, samples={("ledger", 1): [_sample(100)] * 3 + [_sample(100, files=60)] * 3}),
    ),
}


@pytest.mark.parametrize("what", RUNS)
def test_what_went_wrong_in_a_run_is_found(what: str, sound: Observed, told: Expected) -> None:
    holds, run = RUNS[what]
    assert list(holds(sound, told, run)) != []


@pytest.mark.parametrize(
    "there",
    [
        b"name: Canary1x.",
        b"\\x" + b"Canary1x".hex().encode(),
        base64.b64encode(b"a Canary1x b"),
    ],
    ids=["in clear", "in hexadecimal", "in base64"],
)
def test_a_trace_of_the_erased_is_found(there: bytes, sound: Observed, told: Expected) -> None:
    found = erasing.i10_who_was_erased_is_gone(replace(sound, places={"a log": there}), told, RUN)
    assert list(found) != []


def test_a_restriction_that_outlives_the_debt_is_found(sound: Observed, told: Expected) -> None:
    barred = BARRED | {"subject": PAID[1]}
    book = told.books[PAID]
    book.invoices["I"], book.payments["P"] = 900, 900
    topics = sound.topics | {"dunning": [*sound.topics["dunning"], _message("dunning", barred)]}
    i7 = conduct.i7_nothing_follows_the_payment
    assert list(i7(replace(sound, topics=topics), told, RUN)) != []
    lifted = barred | {"id": "r2", "type": "dunning.restoration.requested.v1"}
    topics["dunning"].append(_message("dunning", lifted))
    assert list(i7(replace(sound, topics=topics), told, RUN)) == []
