"""An account of dunning in the hands of everybody who may tell or ask it something, all of it as
large as contracts, HTTP models and packs allow.
"""

import dataclasses
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from contracts.base import AMOUNT_MAX
from contracts.words.late_fee import Accrual
from contracts.words.vocabulary import CHANNELS
from services.dunning.domain import commands as c
from services.dunning.domain.account import Account
from services.dunning.domain.agreements import commands as agreements
from services.dunning.domain.agreements.disputes import DISPUTE_KINDS, DISPUTE_OUTCOMES
from services.dunning.domain.agreements.state import Instalment
from services.dunning.domain.case import commands as case
from services.dunning.domain.case.court import LEGAL_PROGRESS
from services.dunning.domain.contact import commands as contact
from services.dunning.domain.contact.state import Person
from services.dunning.domain.decide import decide
from services.dunning.domain.money import commands as money
from services.dunning.domain.money.state import Item, MoneyPart
from services.dunning.policy import Pack
from services.dunning.policy.vocabulary import TaskKind
from tests.isolation.extreme_pack import LABEL, NAME, WORD, extreme_pack
from tests.isolation.playing import Step
from tests.isolation.test_every_event_can_be_published import LONG

ZONE = ZoneInfo("Asia/Shanghai")
NINES = "9" * 24 + "." + "9" * 30
PACK, NEXT = extreme_pack(), extreme_pack(version=1)
NO_CASE = extreme_pack(minimum_overdue=AMOUNT_MAX)
MINOR = (1, 10**6, 10**15)
"""Amounts that people may state over HTTP."""
SEALED = b"s" * 4000
MANY = 300
FIRST, LAST = date(1970, 1, 1), date(2199, 12, 31)
PERSON = Person(sealed=SEALED, code="c" * 12)


def item(number: int, due_on: date, principal: int = AMOUNT_MAX) -> Item:
    return Item(
        item_id=f"{number:0128d}",
        item=NAME,
        amount=AMOUNT_MAX,
        principal=principal,
        due_on=due_on,
        original_due_on=due_on,
        issued_on=FIRST,
        accrual=Accrual(due_on, NINES, NINES, AMOUNT_MAX, 0) if principal else None,
        state="open" if principal else "settled",
    )


class Days:
    """What happens to an account, day after day at the step time."""

    def __init__(self, chance: random.Random, first: date, packs: Sequence[Pack]) -> None:
        self.chance = chance
        self._day = first
        self._packs = packs
        self._version = 0

    def steps(self, weeks: int) -> Iterator[Step]:
        """Each week has commands of its own kinds, every third one none that pauses a case."""
        for week in range(weeks):
            kinds = CALM if week % 3 == 2 else self.chance.sample(list(COMMANDS), 9)
            for _ in range(7):
                self._day += timedelta(days=self.chance.choice([1, 1, 1, 40]))
                yield self.of(case.Wake())
                for kind in self.chance.sample(kinds, 4):
                    yield self.of(COMMANDS[kind](self))

    def story(self) -> Iterator[Step]:
        """A case over many items: what is agreed is kept and taken back, then all is paid."""
        day = self._day
        owed = money.UpdateItems(
            ledger_version=1,
            as_of=day,
            currency="CNY",
            items=tuple(item(number, day - timedelta(days=1)) for number in range(MANY)),
        )
        settled = tuple(replace(one, principal=0, accrual=None) for one in owed.items)
        paid = dataclasses.replace(owed, ledger_version=2, items=settled)
        agreed: list[c.AccountCommand] = [
            agreements.MakePromise(amount=10**15, by=day),
            agreements.AgreePlan(instalments=(Instalment(due=day, amount=10**15),)),
        ]
        kept, again = self._paid("1"), self._paid("2")
        back = money.ReversePayment(payment_id=kept.payment_id)
        first: list[c.AccountCommand] = [
            *(owed, case.Wake(), *agreed, kept, back, again),
            *(agreements.OpenDispute(), agreements.ResolveDispute(outcome="rejected")),
            agreements.MakeApplication(for_="waive_late_fee", amount=10**15),
            case.Decide(for_="waive_late_fee", outcome="approved"),
            case.FollowPolicy(by=LABEL),
        ]
        yield from map(self.of, first)
        for _ in range(6):
            self._day += timedelta(days=1)
            yield self.of(case.Wake())
        then: list[c.AccountCommand] = [
            case.Decide(for_=WORD, outcome="approved"),
            *(case.RecordObservation(kind="asked"), paid),
            dataclasses.replace(owed, ledger_version=3),
            agreements.MakeApplication(for_="deferral", until=LAST),
            case.Decide(for_="deferral", outcome="approved"),
        ]
        yield from map(self.of, then)

    def _paid(self, payment_id: str) -> money.RecordPayment:
        at = datetime.combine(self._day, time(9), ZONE)
        parts = (MoneyPart(item_id=f"{0:0128d}", amount=AMOUNT_MAX),)
        return money.RecordPayment(
            payment_id=payment_id.zfill(128), amount=AMOUNT_MAX, received_at=at, parts=parts
        )

    def reported(self) -> contact.RecordContact:
        at = datetime.combine(self._day, time(8), ZONE)
        channel = self.chance.choice(CHANNELS)
        return contact.RecordContact(agency=NAME, reference=self.name(), channel=channel, at=at)

    def of(self, command: c.AccountCommand) -> Step:
        """Decide at the step time, as the service does of an account the ledger has not told of."""
        now = datetime.combine(self._day, time(9), ZONE).astimezone(UTC)

        def decided(state: Account) -> list[Any]:
            pinned = state.case.policy.version if state.case else None
            pack = next((one for one in self._packs if one.version == pinned), self._packs[0])
            if isinstance(command, case.FollowPolicy):
                pack = self._packs[-1]
            known = state if state.currency else replace(state, currency="CNY")
            return decide(known, command, pack, now, ZONE)

        return decided

    # ---- commands

    def name(self) -> str:
        return f"{self.chance.randrange(9):0128d}"

    def near(self) -> date:
        return self._day + timedelta(days=self.chance.choice([0, 1, 30, 90]))

    def items(self) -> money.UpdateItems:
        self._version += 1
        days = [FIRST, self._day - timedelta(days=300), self.near(), LAST]
        return money.UpdateItems(
            ledger_version=self._version,
            as_of=self._day,
            currency="CNY",
            items=tuple(
                item(number, self.chance.choice(days), self.chance.choice([0, 1, AMOUNT_MAX]))
                for number in range(self.chance.choice([1, 9]))
            ),
            more=self.chance.random() < 0.1,
            prepaid=self.chance.choice([0, AMOUNT_MAX]),
            waiting=self.chance.choice([0, 0, AMOUNT_MAX]),
        )

    def unmatched(self) -> money.NoteUnmatched:
        return money.NoteUnmatched(
            payment_id=self.name(), amount=AMOUNT_MAX, invoices=(LONG,) * 250, until=self._day
        )

    def payment(self) -> money.RecordPayment:
        # ids of requests stand in direct debits' payments
        return money.RecordPayment(
            payment_id=self.name(),
            amount=self.chance.choice([1, 10**14, AMOUNT_MAX]),
            received_at=datetime.combine(self._day, time(8), ZONE),
            method=self.chance.choice(["direct_debit", NAME]),
            collected_by=SEALED,
            parts=(MoneyPart(item_id=self.name(), amount=AMOUNT_MAX),),
        )

    def account(self) -> contact.UpdateAccount:
        return contact.UpdateAccount(
            segment=WORD,
            attributes=(NAME,) * 200,
            profile=SEALED,
            reachable=self.chance.random() < 0.5,
            responsible=PERSON,
            mandate=self.chance.random() < 0.7,
            department=LABEL,
            people=SEALED,
        )

    def observation(self) -> case.RecordObservation:
        kinds = ["seen", "asked", "paid", "class", "deceased", NAME]
        return case.RecordObservation(kind=self.chance.choice(kinds), note=SEALED)

    def task(self) -> case.CompleteTask:
        kind = self.chance.choice([None, *get_args(TaskKind)])
        return case.CompleteTask(result=self.chance.choice(["", WORD]), kind=kind, by=LABEL)

    def failed_debit(self) -> money.FailDirectDebit:
        return money.FailDirectDebit(reason=self.chance.choice(["MD01", LABEL]))

    def promise(self) -> agreements.MakePromise:
        amount = self.chance.choice(MINOR)
        return agreements.MakePromise(amount=amount, by=self.near(), note=SEALED)

    def dispute(self) -> agreements.OpenDispute:
        return agreements.OpenDispute(kind=self.chance.choice(DISPUTE_KINDS), reason=SEALED)

    def plan(self) -> agreements.AgreePlan:
        day = self.near()
        one = Instalment(due=day, amount=10**15 // 120)
        return agreements.AgreePlan(instalments=(one,) * 120, note=SEALED, collateral=SEALED)

    def delivery(self) -> contact.RecordDelivery:
        result = self.chance.choice(["failed", "suppressed", "delivered", "refused"])
        return contact.RecordDelivery(
            channel=self.chance.choice(CHANNELS), result=result, reason="no_address"
        )

    def resolution(self) -> agreements.ResolveDispute:
        outcome = self.chance.choice(DISPUTE_OUTCOMES)
        amount = self.chance.choice([0, 10**15]) if outcome == "reduced" else None
        return agreements.ResolveDispute(outcome=outcome, amount=amount, by=LABEL, reason=SEALED)

    def application(self) -> agreements.MakeApplication:
        return agreements.MakeApplication(
            for_=self.chance.choice(["deferral", "waive_late_fee", WORD]),
            amount=self.chance.choice([None, *MINOR]),
            until=self.chance.choice([None, self.near(), LAST]),
            reason=SEALED,
        )

    def decision(self) -> case.Decide:
        return case.Decide(
            for_=self.chance.choice(["deferral", "waive_late_fee", WORD, WORD]),
            outcome=self.chance.choice(["approved", "approved", "rejected"]),
            by=LABEL,
            amount=self.chance.choice([None, *MINOR]),
            until=self.chance.choice([None, self.near()]),
        )


COMMANDS: dict[type, Callable[[Days], c.AccountCommand]] = {
    money.UpdateItems: Days.items,
    money.NoteUnmatched: Days.unmatched,
    case.Reassess: lambda _: case.Reassess(),
    money.RecordPayment: Days.payment,
    money.NameCollector: lambda d: money.NameCollector(payment_id=d.name(), collected_by=SEALED),
    money.ReversePayment: lambda d: money.ReversePayment(payment_id=d.name()),
    contact.UpdateAccount: Days.account,
    contact.EraseAccount: lambda _: contact.EraseAccount(),
    money.MarkInvoice: lambda d: money.MarkInvoice(item_id=d.name(), marks=(NAME,) * 200),
    money.FailDirectDebit: Days.failed_debit,
    case.RecordObservation: Days.observation,
    case.ConfirmRestriction: lambda _: case.ConfirmRestriction(service=NAME),
    contact.RecordDelivery: Days.delivery,
    case.RecordLegalProgress: lambda d: case.RecordLegalProgress(
        progress=d.chance.choice(LEGAL_PROGRESS), amount=AMOUNT_MAX, on=FIRST
    ),
    case.CompleteTask: Days.task,
    contact.RecordContact: Days.reported,
    contact.RecordReply: lambda _: contact.RecordReply(note=SEALED),
    agreements.MakePromise: Days.promise,
    agreements.AgreePlan: Days.plan,
    agreements.OpenDispute: Days.dispute,
    agreements.ResolveDispute: Days.resolution,
    agreements.MakeApplication: Days.application,
    case.Decide: Days.decision,
    case.PlaceHold: lambda _: case.PlaceHold(reason=SEALED, by=LABEL),
    case.ReleaseHold: lambda _: case.ReleaseHold(by=LABEL),
    case.EndRetention: lambda d: case.EndRetention(closed_on=d.near(), days=30),
    case.FollowPolicy: lambda _: case.FollowPolicy(by=LABEL, note=SEALED),
}
CALM = [
    money.UpdateItems,
    contact.UpdateAccount,
    case.RecordObservation,
    case.CompleteTask,
    case.Decide,
    contact.RecordDelivery,
    agreements.ResolveDispute,
    case.ReleaseHold,
]
