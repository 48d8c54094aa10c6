"""Legal hears and is asked the most that contracts and HTTP allow, with figures that do not go
together: whatever it keeps of it can be published.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, cast, get_args

import pytest

from chassis.http.auth import Principal
from chassis.owed.terms import TermsPublished
from chassis.runtime.service import Service
from chassis.store.vault import KeyRing
from chassis.store.work import Entry, Work, fresh_entry
from chassis.store.wrapping import master_key
from contracts import billing, dunning, ledger
from contracts.base import AMOUNT_MAX, Contract
from contracts.codec import Message, decode, encode
from contracts.words.streams import Subject, matter_stream, terms_stream, told_sources_stream
from contracts.words.vocabulary import DOCUMENTS, LegalStep
from services.legal.api import models as http
from services.legal.api.file import File
from services.legal.api.routes import Files
from services.legal.domain import aggregates as a
from services.legal.domain import commands as c
from services.legal.domain.decide import decide
from services.legal.drafting import Drafting
from services.legal.handlers import messages, wakes
from services.legal.rendering.compose import Documents
from services.legal.settings import LegalSettings
from tests.isolation.playing import Step, played, step
from tests.isolation.test_every_event_can_be_published import LONG
from tests.support.published import AT

SUBJECT = Subject(LONG, LONG)
MATTER = matter_stream(*SUBJECT)
TERMS, SOURCES = terms_stream(LONG, 0), told_sources_stream(LONG, 0)
AGGREGATES = {one.name: one for one in a.AGGREGATES}
OWN = LegalSettings()
DRAFTING = Drafting(Documents(), OWN)
HANDLED, WOKEN = messages(DRAFTING), wakes(DRAFTING)
SUMS = (0, 1, AMOUNT_MAX // 2, AMOUNT_MAX)
DAYS = (date.min, date(2026, 3, 8), date.max)
STATED = (date(1970, 1, 1), date(2026, 11, 20), date(2199, 12, 31))
NOTE = "钱" * 4000
LABEL = "钱" * 200
WHO = Principal(LABEL, frozenset({"legal", "manager"}), frozenset({LONG}))
DECIDED = {"case_id": LONG, "policy": LONG, "version": AMOUNT_MAX, "step": LONG, "reason": LABEL}
NAMES = [f"{number:0128d}" for number in range(250)]


class Desk:
    """Legal's handlers and routes on one stream, without a store: the service as routes see it."""

    def __init__(self, stream: str) -> None:
        self.now = AT
        self._stream = stream
        self._ring = KeyRing(master_key(b"k" * 32), {})
        self._terms = fresh_entry(AGGREGATES, TERMS, 0)
        self._work: Work | None = None
        self.file = File(cast("Service", self))
        self.files = Files(cast("Service", self), OWN)

    def lane_of(self, _creditor: str, _account: str) -> int:
        """The service's own."""
        return 0

    async def execute(self, _key: str, _streams: Any, run: Callable[[Work], Any], **_: Any) -> Any:
        """The service's own, with the work of the step."""
        assert self._work is not None
        return run(self._work)

    def done(self, do: Callable[[Work], Any]) -> Step:
        """What is kept of the stream when something was done with it."""

        def of(state: Any) -> list[Any]:
            mine = Entry(self._stream, AGGREGATES[self._stream.partition("-")[0]], state, 1, 0)
            entries = {TERMS: self._terms, self._stream: mine}
            self._work = Work(now=self.now, lane=0, keys=self._ring, entries=entries)
            do(self._work)
            decoded = mine.aggregate.decode_event
            return [decoded(one[-1]) for one in self._work.pending if one[1] == self._stream]

        return of

    def asked(self, call: Callable[[], Any]) -> Step:
        """What a route makes of a body."""
        return self.done(lambda _work: asyncio.run(call()))

    def heard(self, contract: type[Contract], **data: Any) -> Step:
        """What a handler makes of a message, read from the bus."""
        message = _message(contract, data)
        return self.done(lambda work: HANDLED[contract.TYPE].handle(work, message))

    def woken(self, after: timedelta) -> Step:
        """What a wake-up makes of the matter some time later."""

        def wake(work: Work) -> None:
            self.now += after
            work.now = self.now
            WOKEN["matter"].handle(work, MATTER)

        return self.done(wake)


def _message(contract: type[Contract], data: dict[str, Any]) -> Message:
    about = {"account_id": LONG} if "account_id" in contract.model_fields else {}
    value = encode(
        contract.model_validate(about | data),
        id="i" * 256,
        source=f"/arrears/{contract.TOPIC}",
        time=AT,
        creditor=LONG,
        subject=LONG if about else "*",
        correlationid="c" * 256,
    )
    return decode(value)


def _balance(chance: random.Random, version: int) -> dict[str, Any]:
    """A balance of which no figure goes with another."""
    accrual = {"through": DAYS[0], "accrued": "9" * 24, "per_day": "9" * 24 + "." + "9" * 30}
    items = [
        {
            "item_id": name,
            "item": LONG,
            "amount": AMOUNT_MAX,
            **{day: chance.choice(DAYS) for day in ("due_on", "original_due_on", "issued_on")},
            "principal": chance.choice(SUMS),
            "accrual": accrual | {"cap": AMOUNT_MAX, "settled": chance.choice(SUMS)},
            "overdue": chance.random() < 0.8,
            "state": chance.choice(["open", "open", "settled"]),
        }
        for name in chance.sample(NAMES, chance.choice([0, 1, 3, 3, 3, 250]))
    ]
    sums = ("principal", "overdue", "late_fee", "prepaid")
    return {
        **{name: chance.choice(SUMS) for name in sums},
        "ledger_version": version,
        "as_of": chance.choice(DAYS),
        "currency": "CNY",
        "oldest_due_on": chance.choice([None, *DAYS]),
        "reason": LONG,
        "items": items,
        "more": chance.random() < 0.2,
    }


def _request(chance: random.Random, request_id: str) -> dict[str, Any]:
    sums = {"principal": AMOUNT_MAX, "late_fee": AMOUNT_MAX}
    item = {"item_id": LONG, "item": LONG, "due_on": chance.choice(DAYS)} | sums
    return DECIDED | {
        "request_id": request_id,
        "document": chance.choice(DOCUMENTS),
        "ledger_version": chance.choice([0, 5, AMOUNT_MAX]),
        "currency": "CNY",
        **{name: chance.choice(SUMS) for name in ("principal", "late_fee", "total")},
        "items": [item] * chance.choice([1, 1, 1, 250]),
    }


def _told(desk: Desk, chance: random.Random, number: int) -> list[Step]:
    """What other services tell."""
    case: dict[str, Any] = {"case_id": chance.choice([None, LONG])}
    amount = {"amount": chance.choice(SUMS)}
    told: list[tuple[type[Contract], dict[str, Any]]] = [
        (
            dunning.WriteOffApproved,
            case | amount | {"approval_id": NAMES[number], "item_ids": NAMES, "part": AMOUNT_MAX},
        ),
        (dunning.WriteOffApproved, case | {"approval_id": LONG, "item_ids": ["i"] * 3000}),
        (
            ledger.RecoveryBooked,
            {"amount": AMOUNT_MAX, "currency": "CNY", "item_id": LONG, "payment_id": LONG}
            | {"ledger_version": AMOUNT_MAX, "as_of": date.max},
        ),
        (
            dunning.TaskCompleted,
            case | {"task_id": LONG, "kind": "inventory", "result": LONG},
        ),
        (
            dunning.LimitationReached,
            case
            | {"item_id": LONG, "stage": chance.choice(["near", "expired"])}
            | {"day": date.max, "ends_on": chance.choice(DAYS)},
        ),
        (
            billing.InvoiceIssued,
            {"invoice_id": NAMES[number], "item": LONG, "amount": 1, "currency": "CNY"}
            | {"issued_on": STATED[0], "number": "号" * 64},
        ),
        (dunning.CaseClosed, {"case_id": LONG, "reason": LONG}),
    ]
    return [desk.heard(contract, **data) for contract, data in told]


def _asked(desk: Desk, chance: random.Random, number: int) -> list[Step]:
    """What people do over HTTP."""
    day = {"day": chance.choice([None, *STATED]), "note": NOTE}
    name = f"{number:0100d}"
    people = {"signed_by": [{"name": LABEL, "role": LABEL}], "place": LABEL}
    listed = http.Inventory.model_validate(
        day | people | {"number": name, "entries": [{"description": LABEL}] * 1000}
    )
    amount = {"amount": chance.choice([1, 10**15]), "item": "preservation_fee"}
    cost = http.Cost.model_validate(
        day | amount | {"number": name, "due_on": chance.choice([None, *STATED])}
    )
    moved = http.Movement.model_validate(day | people | {"what": "stored", "keeper": LABEL})
    progress = http.Progress.model_validate(
        day
        | {"step": chance.choice(get_args(LegalStep)), "amount": chance.choice([None, *SUMS])}
        | {"pay_by": chance.choice([None, *STATED])}
    )
    closing = http.Closing(reason="r" * 64, note=NOTE)
    file = desk.file
    calls: list[Callable[[], Any]] = [
        lambda: desk.files._record(WHO, SUBJECT, progress),
        lambda: file.take(WHO, LONG, listed, LONG),
        lambda: file.move(WHO, LONG, name, moved, LONG),
        lambda: file.cost(WHO, LONG, cost, LONG),
        lambda: file.closing(WHO, LONG, closing, LONG),
    ]
    return [desk.asked(call) for call in calls]


def of_matters(desk: Desk, chance: random.Random) -> Iterator[Step]:
    yield desk.done(
        lambda work: work.append(
            TERMS, [TermsPublished("Asia/Shanghai", "CNY", ("zh",), LONG, 1, LABEL)]
        )
    )
    debtor = {"name": LABEL, "kind": "company", "id_number": LABEL, "addresses": [NOTE] * 3}
    yield desk.heard(billing.AccountUpserted, debtor=debtor, guarantors=[{"name": LABEL}] * 2)
    for number in range(40):
        after = timedelta(seconds=chance.choice([0, 0, 900, 90_000]))
        yield chance.choice([*_told(desk, chance, number), *_asked(desk, chance, number)])
        yield desk.heard(ledger.BalanceChanged, **_balance(chance, number))
        yield desk.heard(dunning.LegalRequested, **_request(chance, NAMES[number]))
        yield desk.woken(after)
        yield step(decide, c.RecordFiling(NAMES[number]))
    yield from _ending(desk, chance)


def _ending(desk: Desk, chance: random.Random) -> Iterator[Step]:
    """What chance may not come to: each once, terms of judgments that end, an erasure."""
    yield from _told(desk, chance, 100)
    yield from _asked(desk, chance, 100)
    judgment = http.Progress(step="judgment", amount=AMOUNT_MAX, day=STATED[0], pay_by=STATED[0])
    figures = {"ledger_version": AMOUNT_MAX, "oldest_due_on": DAYS[0], "more": False}
    told = _balance(chance, 0)
    for oldest in (DAYS[0], None):
        changed = told | figures | {"oldest_due_on": oldest}
        yield desk.heard(ledger.BalanceChanged, **changed)
        yield desk.asked(lambda: desk.files._record(WHO, SUBJECT, judgment))
        yield desk.woken(timedelta())
    many = _request(chance, "in-parts") | {"principal": 0, "more": True, "part": 0}
    yield desk.heard(dunning.LegalRequested, **many)
    yield desk.heard(dunning.LegalRequested, **many | {"part": 1, "more": False})
    yield desk.heard(ledger.AccountErasureConfirmed)
    yield step(decide, c.RecordPurge())


def of_terms(desk: Desk, _chance: random.Random) -> Iterator[Step]:
    terms = {"creditor": LONG, "name": LABEL, "time_zone": "America/Argentina/ComodRivadavia"}
    yield desk.heard(
        dunning.TermsPublished,
        **terms | {"currency": "CNY", "policy": LONG, "version": AMOUNT_MAX, "languages": NAMES},
    )


def of_sources(desk: Desk, _chance: random.Random) -> Iterator[Step]:
    yield desk.heard(ledger.CreditorSourcesChanged, sources=[LABEL] * 100)


PLAYED: dict[str, Callable[[Desk, random.Random], Iterator[Step]]] = {
    MATTER: of_matters,
    TERMS: of_terms,
    SOURCES: of_sources,
}


@pytest.mark.parametrize("stream", PLAYED, ids=lambda one: one.partition("-")[0])
def test_all_that_legal_keeps_can_be_published(stream: str) -> None:
    aggregate = AGGREGATES[stream.partition("-")[0]]
    kinds: set[type] = set()
    for seed in range(2):
        steps = PLAYED[stream](Desk(stream), random.Random(seed))
        kinds |= {type(one) for one in played("legal", aggregate, stream, steps)}
    assert kinds == set(get_args(aggregate.events) or (aggregate.events,))


def test_nothing_legal_keeps_is_left_out() -> None:
    assert {stream.partition("-")[0] for stream in PLAYED} == set(AGGREGATES)
