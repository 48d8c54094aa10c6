"""The notifier decides from the largest that contracts, HTTP models and gateways allow, and
whatever comes of it can be published; what could not be is refused where it enters.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest

from chassis.errors import Rejected
from chassis.owed.ledger import FollowBalance, FollowClearance
from chassis.owed.sources import TOLD_SOURCES, SourcesTold
from contracts import dunning, ledger
from contracts.base import AMOUNT_MAX
from contracts.words.vocabulary import CHANNELS, DeliveryResult, Purpose, Recipients
from services.notifier.domain import aggregates as a
from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain.decide import decide
from services.notifier.domain.state import Account, initial_account
from services.notifier.domain.terms import Terms, published
from services.notifier.publish import _PUBLIC
from tests.isolation.playing import Step, kept, played, step
from tests.isolation.test_every_event_can_be_published import LONG

ACCOUNT = f"account-{LONG}/{LONG}"
NAME = "N" * 128
SEALED = b"s" * 4000
DAYS = 150
BEGINS = datetime(2026, 3, 2, 1, tzinfo=UTC)
TERMS = Terms(LONG, time_zone="Asia/Shanghai", currency="CNY", contacts_max=AMOUNT_MAX)
REASONS = ("sms_503", "sms.RemoteProtocolError", "smtp_550", "outbox_ENAMETOOLONG")
"""What gateways say."""
ZONES = ("+00:00", "+14:00", "-12:00")
FATES = tuple(
    datetime.fromisoformat(f"{day}T12:00:00{zone}")
    for day in ("0001-01-02", "2026-03-02", "9999-12-30")
    for zone in ZONES
)


class Days:
    """What happens to an account, day after day."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.now = BEGINS
        self._version = 0

    def steps(self) -> Iterator[Step]:
        for _ in range(DAYS):
            self.now += timedelta(hours=self.chance.choice([1, 24, 24 * 30]))
            yield step(decide, c.Wake(self.now))
            for kind in self.chance.sample(list(COMMANDS), 12):
                yield step(decide, COMMANDS[kind](self))
            yield from map(self._of_open, OPEN)
            yield self._of_called
        yield step(decide, c.EraseDebtor())

    def _of_open(self, kind: type) -> Step:
        """A command about a notice that is on its way, where there is one."""

        def decided(state: Account) -> list[e.Event]:
            if not state.open or self.chance.random() < 0.5:
                return []
            notice = self.chance.choice(list(state.open.values()))
            if kind is c.SplitNotice and (notice.recipients != "each_other" or notice.destination):
                return []
            return decide(state, OPEN[kind](self, notice.notice_id))

        return decided

    def _of_called(self, state: Account) -> list[e.Event]:
        """Nobody took a call, where there was one."""
        if not state.called:
            return []
        name = self.chance.choice(list(state.called))
        return list(decide(state, self.call(name)))

    # ---- commands

    def name(self) -> str:
        """An id, also one that leaves room for the numbers of copies and no more."""
        return f"{self.chance.randrange(40):0{self.chance.choice([120, 128])}d}"

    def at(self) -> datetime:
        return self.chance.choice(FATES)

    def channel(self) -> str:
        return self.chance.choice(CHANNELS)

    def balance(self) -> ledger.BalanceChanged:
        self._version += 1
        item = ledger.ItemState(
            item_id=LONG,
            item=NAME,
            amount=AMOUNT_MAX,
            principal=self.chance.choice([0, AMOUNT_MAX]),
            due_on=date(1970, 1, 1),
            original_due_on=date(1970, 1, 1),
            issued_on=date(1970, 1, 1),
            overdue=True,
        )
        return ledger.BalanceChanged(
            account_id=LONG,
            ledger_version=self._version,
            as_of=self.now.date(),
            currency="CNY",
            principal=AMOUNT_MAX,
            overdue=AMOUNT_MAX,
            late_fee=AMOUNT_MAX,
            prepaid=0,
            oldest_due_on=self.chance.choice([None, date(1970, 1, 1)]),
            reason=NAME,
            items=(item,),
        )

    def cleared(self) -> ledger.AccountCleared:
        return ledger.AccountCleared(
            account_id=LONG, ledger_version=self._version, as_of=self.now.date()
        )

    def notice(self) -> c.RequestNotice:
        return c.RequestNotice(
            e.NoticeRequested(
                notice_id=self.name(),
                purpose=self.chance.choice(get_args(Purpose)),
                channel=self.channel(),
                recipients=self.chance.choice(get_args(Recipients)),
                template=NAME,
                needs_overdue=self.chance.random() < 0.5,
                ledger_version=self.chance.choice([0, AMOUNT_MAX]),
                requested_at=self.now,
                case_id=self.chance.choice([None, LONG]),
                respond_by=date(2199, 12, 31),
                variables={NAME: AMOUNT_MAX},
                policy=NAME,
                policy_version=AMOUNT_MAX,
                step=self.chance.choice([None, NAME]),
                correlation=LONG,
                fallback=tuple(self.chance.sample(CHANNELS, self.chance.randrange(3))),
                cheapest=self.chance.random() < 0.5,
            )
        )

    def sent_earlier(self) -> c.KnowSent:
        return c.KnowSent(
            e.SentEarlier(
                notice_id=self.name(),
                about=e.About(self.channel(), "demand", LONG, NAME, LONG),
                reference="钱" * 200,
                at=self.at(),
                day=self.now.date(),
                to_masked="址" * 200,
                sha256="0" * 64,
                until=self.now + timedelta(days=3),
                fates=tuple(e.Fate(one, self.at()) for one in get_args(DeliveryResult)),
            )
        )

    def delivery(self) -> c.RecordDelivery:
        return c.RecordDelivery(
            channel=self.channel(),
            result=self.chance.choice(get_args(DeliveryResult)),
            at=self.at(),
            callback_id=self.chance.choice(["", LONG]),
            by="人" * 128,
        )

    def call(self, name: str) -> c.RecordCall:
        how = self.chance.choice(get_args(c.Unanswered))
        return c.RecordCall(name, how, self.at(), self.now, calls_max=3)

    def attempt(self, notice_id: str) -> c.AttemptNotice:
        return c.AttemptNotice(
            notice_id=notice_id,
            to_masked="a***@***." + "x" * 63,
            sha256="f" * 64,
            content=SEALED,
            place="address:100000",
            now=self.now,
            day=self.now.date(),
            template=f"{LONG}/zh/{LONG}.sms@{AMOUNT_MAX}",
        )

    def answer(self, notice_id: str) -> c.Conclude:
        result = c.AttemptResult(
            self.chance.choice(get_args(c.Outcome)),
            reference=self.chance.choice(["", "钱" * 998]),
            reason=self.chance.choice(REASONS),
        )
        return c.Conclude(notice_id, result, self.now)

    def found(self, notice_id: str) -> c.FindOut:
        finding = self.chance.choice(get_args(c.Finding))
        return c.FindOut(notice_id, finding, "钱" * 998, self.now)


COMMANDS: dict[type, Callable[[Days], c.Command]] = {
    c.KeepDebtor: lambda d: c.KeepDebtor(SEALED, d.chance.random() < 0.5),
    c.KeepDetails: lambda d: c.KeepDetails(d.name(), SEALED),
    FollowBalance: lambda d: FollowBalance(d.balance()),
    FollowClearance: lambda d: FollowClearance(d.cleared()),
    c.CountContact: lambda d: c.CountContact(LONG, d.now.date()),
    c.RequestNotice: Days.notice,
    c.PauseCase: lambda _: c.PauseCase(LONG),
    c.ResumeCase: lambda _: c.ResumeCase(),
    c.EndCase: lambda _: c.EndCase(LONG),
    c.PlaceHold: lambda _: c.PlaceHold(),
    c.ReleaseHold: lambda _: c.ReleaseHold(),
    c.KnowSent: Days.sent_earlier,
    c.RecordDelivery: Days.delivery,
    c.RecordCall: lambda d: d.call(d.name()),
    c.PlanCall: lambda d: c.PlanCall(d.name(), 2, d.at()),
    c.NoteReceipt: lambda d: c.NoteReceipt(d.at().isoformat(), "EB1", None, "人" * 128),
    c.OptOut: lambda d: c.OptOut(d.channel(), "人" * 128),
    c.OptIn: lambda d: c.OptIn(d.channel(), "人" * 128),
    c.RecordPurge: lambda _: c.RecordPurge(),
}
OPEN: dict[type, Callable[[Days, str], c.Command]] = {
    c.ChooseChannel: lambda d, name: c.ChooseChannel(name, {d.channel(): 1}),
    c.CheckNotice: lambda d, name: c.CheckNotice(name, TERMS, d.now),
    c.HoldBack: lambda d, name: c.HoldBack(name, d.now),
    c.TakeEarlier: lambda d, name: c.TakeEarlier(name, d.now),
    c.SplitNotice: lambda _, name: c.SplitNotice(name, (SEALED,) * 3),
    c.SuppressNotice: lambda _, name: c.SuppressNotice(name, "no_address"),
    c.GiveUpNotice: lambda _, name: c.GiveUpNotice(name, "template"),
    c.AttemptNotice: Days.attempt,
    c.Conclude: Days.answer,
    c.FindOut: Days.found,
}


def test_all_that_an_account_decides_can_be_published() -> None:
    events = [
        event
        for seed in range(6)
        for event in played("notifier", a.ACCOUNT, ACCOUNT, Days(random.Random(seed)).steps())
    ]
    assert _PUBLIC.keys() - {type(event) for event in events} == set()


def test_no_command_is_left_out() -> None:
    others = {c.Wake, c.EraseDebtor}
    assert COMMANDS.keys() | OPEN.keys() | others == set(get_args(c.Command))


def test_terms_and_sources_are_told_to_nobody() -> None:
    told = dunning.TermsPublished(
        creditor=LONG,
        name="钱" * 200,
        time_zone="America/Argentina/ComodRivadavia",
        currency="CNY",
        contact=dunning.ContactTerms(per_seven_days=AMOUNT_MAX),
        policy=NAME,
        version=AMOUNT_MAX,
        languages=(NAME,) * 100,
        closed_days=(date(2199, 12, 31),) * 2000,
    )
    sources = SourcesTold(("源" * 200,) * 100)
    assert list(played("notifier", a.TERMS, f"terms-{LONG}@31", [kept(published(told))]))
    assert list(played("notifier", TOLD_SOURCES, f"sources-{LONG}@31", [kept(sources)]))
    assert (a.ACCOUNT, a.TERMS, a.TEXTS, TOLD_SOURCES) == a.AGGREGATES


def test_an_id_without_room_for_the_numbers_of_copies_is_refused() -> None:
    wanted = e.NoticeRequested("9" * 122, "demand", "letter", "each_other", NAME, True, 1, BEGINS)
    with pytest.raises(Rejected, match="at most 121 characters"):
        decide(initial_account(ACCOUNT), c.RequestNotice(wanted))
