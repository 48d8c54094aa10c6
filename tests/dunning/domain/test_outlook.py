"""What the outlook names is what then happens by itself, when nothing else happens."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.dunning.domain.account import Account
from services.dunning.domain.aggregates import ACCOUNT
from services.dunning.domain.agreements.commands import MakeApplication, MakePromise
from services.dunning.domain.agreements.events import (
    DecisionFoundLate,
    PlanBroken,
    PlanCompleted,
    PromiseBroken,
    PromiseLapsed,
)
from services.dunning.domain.case.commands import Wake
from services.dunning.domain.case.events import (
    ActionReached,
    ApprovalRequested,
    CalendarRun,
    CaseOpened,
    CaseResumed,
    Classified,
    StepDropped,
    StepTaken,
    TaskRequested,
)
from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.domain.decide import decide
from services.dunning.domain.localtime import local_day
from services.dunning.domain.money.events import LimitationReached
from services.dunning.domain.outlook import Ahead, outlook
from services.dunning.policy import Pack, available
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r
from services.dunning.reasons.english import what_in_words
from tests.dunning.domain.packs import CALL, SMS, braced, pack, steps
from tests.dunning.domain.test_invariants import BUSY, SCRIPTS, live
from tests.dunning.domain.world import SHANGHAI, World

WAKES_MAX = 12
AGAIN = "task: {kind: visit, owner: collector, repeat: {after_days: 0, every_days: 2, times: 3}}"
CROWDED = pack(
    "minimum_overdue: 800\nterms: {allocation: principal_first, late_fee: {rate_per_day: 0.01}}\n"
    + steps(
        f"day: 1 | {braced(CALL, SMS)}",
        f"then_days: 3 | {braced(SMS)} | if: {{replied: true}}",
        f"day: 9 | {braced(AGAIN)}",
        f"day: 15 | {braced(SMS, CALL)} | approval: {{for: stop}}",
    )
    + "limitation: {years: 1, near_days: 300, restarted_by: [promise],\n"
    + "  near: [{alert: {kind: near}}, {classify: {as: old}}], expired: [{alert: {kind: over}}]}\n"
    + "grading:\n  - {as: easy, below_days: 20}\n  - {as: hard}\n"
    + "decisions: {late_after_days: 4, alert: decision_late}\n"
    + f"before_due:\n  - {{id: b1, source: x, days: 2, do: [{braced(SMS)}]}}\n"
    + "calendar:\n  - {id: c1, source: x, monthly: 15, scope: accounts, where: overdue,\n"
    + f"     do: [{{grade: {{}}}}, {braced(SMS)}]}}\n"
    + "  - {id: c2, source: x, monthly: 20, scope: accounts, where: not_yet_due,\n"
    + f"     do: [{braced(SMS)}]}}\n"
    + "reactions:\n  - {id: r1, source: x, on: {promise: broken}, do: [{classify: {as: bad}}]}\n"
    + "  - {id: r2, source: x, on: {classified: bad}, at_step_time: true,\n"
    + f"     do: [{braced(CALL)}]}}\n"
)
PACKS = {one.id: one for one in (*available(), CROWDED)} | {"busy": BUSY}


class Morning(NamedTuple):
    """A wake-up: what the outlook had named before it, and what happened then."""

    at: datetime
    before: Account
    ahead: list[Ahead]
    happened: list[Any]

    @property
    def named(self) -> list[Ahead]:
        """What was named for it."""
        return [one for one in self.ahead if one.when == self.at]

    @property
    def untimed(self) -> list[Ahead]:
        return [one for one in self.ahead if one.when is None]

    @property
    def aged(self) -> bool:
        """Whether another age was named for the day."""
        aged = [one.when for one in self.ahead if isinstance(one.reason, a.AgeReached)]
        day = local_day(self.at, SHANGHAI)
        return any(when is not None and local_day(when, SHANGHAI) == day for when in aged)


def mornings(state: Account, rules: Pack, now: datetime) -> Iterable[Morning]:
    """Wake the account as often as it asks for, up to where an item falls due: nobody else does
    anything.
    """
    for _ in range(WAKES_MAX):
        at = state.wake
        if at is None or falls_due(state, now, at):
            return
        ahead = outlook(state, rules, now, SHANGHAI)
        early = [one for one in ahead if one.when and one.when < at and not of_step(one)]
        assert not early, "it wakes for the first of what is named"
        happened = decide(state, Wake(), rules, at, SHANGHAI)
        yield Morning(at, state, ahead, happened)
        for event in happened:
            state = ACCOUNT.evolve(state, event)
        now = at


def falls_due(state: Account, now: datetime, at: datetime) -> bool:
    first, last = local_day(now, SHANGHAI), local_day(at, SHANGHAI)
    return any(first <= item.due_on < last for item in state.items.values())


def of_step(one: Ahead) -> bool:
    return isinstance(one.reason, a.StepReason)


def of(morning: Morning, *kinds: type[Any]) -> list[Any]:
    return [event for event in morning.happened if isinstance(event, kinds)]


def because(morning: Morning, *kinds: type[Any]) -> list[Any]:
    """The reasons of what was named, of some kinds."""
    return [one.reason for one in morning.named if isinstance(one.reason, kinds)]


def check(morning: Morning) -> None:
    check_agreements(morning)
    check_planned(morning)
    check_limitation(morning)
    check_step(morning)
    check_contacts(morning)
    check_case(morning)


def check_agreements(morning: Morning) -> None:
    """Every check finds its promise or plan unpaid, and an application is told of on its day."""
    ended = of(morning, PromiseBroken, PromiseLapsed)
    assert len(because(morning, a.Promised)) == len(ended)
    assert len(because(morning, a.InstalmentDue)) == len(of(morning, PlanBroken, PlanCompleted))
    late = [event.reason for event in of(morning, DecisionFoundLate)]
    assert because(morning, r.DecisionLate) == late


def check_planned(morning: Morning) -> None:
    """What was planned comes, and so do the monthly entries."""
    planned = {(one.step, one.reason) for one in morning.before.planned}
    named = Counter(one.step for one in morning.named if (one.step, one.reason) in planned)
    assert named == Counter(event.step for event in of(morning, ActionReached))
    monthly = {one.step for one in morning.named if isinstance(one.reason, r.Monthly)}
    assert monthly == {event.step for event in of(morning, CalendarRun)}


def check_limitation(morning: Morning) -> None:
    named = Counter((one.reason, one.step) for one in morning.named if is_limitation(one))
    reached = of(morning, LimitationReached)
    assert named == Counter((event.reason, event.step) for event in reached)


def is_limitation(one: Ahead) -> bool:
    return isinstance(one.reason, r.LimitationEnds)


def check_step(morning: Morning) -> None:
    """A step that has a time is taken then, unless the same morning changed what it hangs on; one
    that comes without was named without, and waited for what was named.
    """
    named = [one.step for one in morning.named if of_step(one)]
    gone = [event.step for event in of(morning, StepTaken, StepDropped)]
    is_changed = of(morning, Classified) or any(
        e.holds_steps for e in of(morning, ApprovalRequested)
    )
    if not is_changed:
        assert set(named) <= set(gone)
        assert set(gone) <= {*named, *(one.step for one in morning.untimed)}


def check_contacts(morning: Morning) -> None:
    """The first that waits goes; the others as far as the limits then allow."""
    named = because(morning, a.WaitsForLimit)
    held = [one for one in morning.untimed if isinstance(one.reason, a.WaitsForLimit)]
    asked = of(morning, NoticeRequested, TaskRequested)
    went = {event.contact for event in asked if event.contact}
    assert len(went) <= len(named) + len(held)
    assert went or not named
    before_due = {event.step for event in asked if isinstance(event.reason, r.BeforeDue)}
    assert before_due <= {one.step for one in morning.named}


def check_case(morning: Morning) -> None:
    """A case opens or goes on by itself only as the late fee grows, or with what paused it, and its
    grade moves on the day that was named.
    """
    grown = because(morning, a.MinimumReached)
    moved = [one for one in of(morning, Classified) if isinstance(one.reason, r.GradeMoved)]
    assert morning.aged or not moved
    if of(morning, CaseOpened):
        assert grown
    if of(morning, CaseResumed):
        assert grown or because(morning, a.Promised, a.InstalmentDue)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.sampled_from(["test", "busy"]) | st.sampled_from(sorted(PACKS)), SCRIPTS)
def test_what_is_named_for_a_morning_is_what_then_happens(
    name: str, script: list[tuple[int, str, int]]
) -> None:
    world = live(PACKS[name], script)
    for morning in mornings(world.state(), PACKS[name], world.now):
        check(morning)


class TestNamed:
    """What is ahead of an account of the crowded pack, without anybody doing anything."""

    @pytest.fixture
    def world(self) -> World:
        world = World(CROWDED)
        world.invoice(10000, "2026-06-03")
        world.invoice(500, "2026-07-10", "INV-2")
        return world.to("2026-06-05 12:00")

    def named(self, world: World, kind: type[Any]) -> list[str]:
        ahead = (one for one in world.ahead() if isinstance(one.reason, kind))
        return [f"{one.when:%m-%d} {what_in_words(one.what)}" for one in ahead]

    def test_entries_before_a_due_date_and_of_the_month(self, world: World) -> None:
        assert self.named(world, r.BeforeDue) == ["07-08 notice reminder by sms"]
        assert self.named(world, r.Monthly) == [
            "06-15 grade; notice reminder by sms",
            "06-20 notice reminder by sms",
        ]

    def test_the_end_of_limitation_periods(self, world: World) -> None:
        assert self.named(world, r.LimitationEnds) == [
            "08-07 limitation near",
            "09-13 limitation near",
        ]

    def test_the_age_at_which_a_grade_changes(self, world: World) -> None:
        assert self.named(world, a.AgeReached) == []
        world.to("2026-06-15 12:00")
        assert self.named(world, a.AgeReached) == ["06-23 grade"]

    def test_contacts_that_wait_in_a_pause_without_a_time(self) -> None:
        world = World(BUSY)
        world.invoice(10000, "2026-06-03")
        world.to("2026-06-04 12:00")
        assert self.named(world, a.WaitsForLimit) == ["06-05 task visit (collector)"]
        world.do(MakePromise(amount=1, by=date(2026, 6, 8)))
        (waiting,) = (one for one in world.ahead() if isinstance(one.reason, a.WaitsForLimit))
        assert waiting.when is None

    def test_a_decision_that_becomes_late(self, world: World) -> None:
        world.do(MakeApplication(for_="hardship"))
        assert self.named(world, r.DecisionLate) == ["06-10 alert decision_late"]
