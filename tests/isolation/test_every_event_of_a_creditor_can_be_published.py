"""What the ledger keeps beside accounts is decided from the largest that commands allow, and all of
it can be published: cash desk, receipts, sources, terms, numbers, erasures.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest

from chassis.store.aggregate import Aggregate
from contracts.base import AMOUNT_MAX
from services.ledger.domain import aggregates as a
from services.ledger.domain import erasure, numbers, sources, terms
from services.ledger.domain.cash import commands as cash
from services.ledger.domain.cash import receipts
from services.ledger.domain.cash.decide import decide as decide_cash
from services.ledger.domain.cash.state import CashDesk
from tests.isolation.playing import Step, kept, played, step
from tests.isolation.test_every_event_can_be_published import LONG
from tests.support.published import AT

COLLECTORS = tuple(f"{number:0128d}" for number in range(30))
SUMS = (1, AMOUNT_MAX // 2, AMOUNT_MAX)


def of_ledger(aggregate: Aggregate[Any, Any], steps: Iterable[Step]) -> Iterator[Any]:
    """The events of the steps, in a stream with the longest names."""
    ends = {"till": "@31", "numbers": f"/{LONG}", "erasure": f"/{LONG}"}
    stream = f"{aggregate.name}-{LONG}{ends.get(aggregate.name, '')}"
    return played("ledger", aggregate, stream, steps)


def of_cash(chance: random.Random) -> Iterator[Step]:
    for day in range(6):
        now = AT + timedelta(days=day)
        given: list[cash.DeskCommand] = [cash.SetDesk(True, "Asia/Shanghai", "CNY", True)]
        for who in COLLECTORS:
            amount = chance.choice(SUMS)
            given += [
                cash.TakeCash(LONG, LONG, amount, who, LONG),
                cash.TakeDeposit(who, chance.choice(SUMS)),
                *[cash.TakeBack(LONG, AMOUNT_MAX, who, now)] * chance.choice([0, 3]),
            ]
        for command in given:
            yield step(decide_cash, command, now)
        yield step(_count, now + timedelta(days=1))
    yield step(decide_cash, cash.SetDesk(False, "", "", False), AT)


def _count(desk: CashDesk, now: datetime) -> Iterable[Any]:
    return decide_cash(desk, cash.CountCash((desk,) * 32), now)


def of_receipts(_chance: random.Random) -> Iterator[Step]:
    yield kept(receipts.ReceiptNumbered("2026-03", 10**12, LONG))
    yield step(receipts.decide, receipts.NumberReceipt(LONG, AT.date()))


def of_sources(_chance: random.Random) -> Iterator[Step]:
    names = [f"{number:0200d}" for number in range(sources.SOURCES_MAX + 1)]
    for name in names:
        yield step(sources.decide, sources.AddSource(name, LONG, "钱" * 200))
    yield step(sources.decide, sources.RemoveSource(names[0], LONG, "钱" * 200))


def of_terms(chance: random.Random) -> Iterator[Step]:
    for number in range(50):
        command = terms.PublishTerms(
            "America/Argentina/ComodRivadavia",
            "CNY",
            AT.date() + timedelta(days=number),
            rate_per_day=Decimal(chance.choice(["0", "1", "0." + "9" * 30])),
            cap_ratio=Decimal("9" * 24),
            minimum_overdue=AMOUNT_MAX,
        )
        yield step(terms.decide, command)


def of_numbers(_chance: random.Random) -> Iterator[Step]:
    for kind in ("account", "invoice", "payment"):
        yield kept(numbers.NumberNoted(kind, LONG, b"s" * 1000, b"i" * 16))
    yield kept(numbers.NumbersErased())


def of_erasures(_chance: random.Random) -> Iterator[Step]:
    asked = erasure.Request("i" * 256, "s" * 512, AT, b"r" * 3000)
    why = (LONG, "钱" * 1000)
    yield step(erasure.request, asked)
    yield step(erasure.lapse, AT)
    yield step(erasure.request, asked)
    yield step(erasure.refuse, *why, AT - timedelta(days=1))
    yield step(erasure.order, *why)
    yield step(erasure.order, *why)
    yield erasure.carry_out


PLAYED: tuple[tuple[Aggregate[Any, Any], Callable[[random.Random], Iterator[Step]]], ...] = (
    (a.CASH_DESK, of_cash),
    (a.RECEIPTS, of_receipts),
    (a.SOURCES, of_sources),
    (a.TERMS, of_terms),
    (a.NUMBERS, of_numbers),
    (a.ERASURE, of_erasures),
)


@pytest.mark.parametrize(("aggregate", "steps"), PLAYED, ids=[one.name for one, _ in PLAYED])
def test_all_that_is_kept_of_a_creditor_can_be_published(
    aggregate: Aggregate[Any, Any], steps: Callable[[random.Random], Iterator[Step]]
) -> None:
    chances = map(random.Random, range(2))
    events = [event for chance in chances for event in of_ledger(aggregate, steps(chance))]
    kinds = get_args(aggregate.events) or (aggregate.events,)
    assert {type(event) for event in events} == set(kinds)


def test_nothing_the_ledger_keeps_is_left_out() -> None:
    assert {one.name for one, _ in PLAYED} | {a.ACCOUNT.name} == {x.name for x in a.AGGREGATES}
