"""Whatever happens in whatever order, some things always hold."""

from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import Rejected
from services.dunning.domain.agreements.commands import (
    AgreePlan,
    MakeApplication,
    MakePromise,
    OpenDispute,
    ResolveDispute,
)
from services.dunning.domain.agreements.state import Instalment
from services.dunning.domain.case.commands import (
    CompleteTask,
    Decide,
    PlaceHold,
    RecordLegalProgress,
    RecordObservation,
    ReleaseHold,
)
from services.dunning.domain.case.events import (
    CaseClosed,
    CaseOpened,
    CasePaused,
    CaseResumed,
    LegalRequested,
    RestrictionRequested,
    StepTaken,
    TaskRequested,
)
from services.dunning.domain.contact.commands import RecordReply
from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.domain.localtime import instant, local_day
from services.dunning.domain.money.owing import overdue, past_due
from services.dunning.policy import Pack, get
from tests.dunning.domain.packs import CALL, LETTER, SMS, STOP, VISIT, braced, pack, steps
from tests.dunning.domain.world import World

BUSY = pack(
    steps(
        f"day: 1 | {braced(SMS, CALL, VISIT)}",
        f"day: 3 | {braced(STOP)} | approval: {{for: stop}}",
        f"then_days: 2 | {braced(LETTER, CALL)} | if: {{replied: false}}",
        "after: {task: phone_call} | {legal: {document: complaint}}",
    )
    + f"before_due:\n  - {{id: b1, source: x, days: 2, do: [{braced(SMS)}]}}\n"
    + "reactions:\n"
    + f"  - {{id: r1, source: x, on: {{observation: seen}}, do: [{braced(SMS, CALL)}]}}\n"
    + "calendar:\n  - {id: c1, source: x, monthly: 15, scope: accounts, where: overdue,\n"
    + f"     do: [{braced(VISIT)}]}}\n"
)
DAY = date(2026, 6, 1)
ACTIONS = (
    "invoice",
    "pay",
    "promise",
    "plan",
    "dispute",
    "upheld",
    "rejected",
    "reduced",
    "apply",
    "approve",
    "refuse",
    "hold",
    "release",
    "call",
    "visit",
    "reply",
    "seen",
    "judgment",
    "stop",
)


def act(world: World, action: str, number: int) -> None:
    """One thing that people, upstream or the court do; a refusal leaves all as it was."""
    today, step = world.today, timedelta(days=number % 9)
    commands: dict[str, Any] = {
        "promise": MakePromise(amount=100 * number + 1, by=today + step),
        "plan": AgreePlan(
            instalments=(
                Instalment(due=today + step, amount=500),
                Instalment(due=today + 2 * step, amount=100 * number + 1),
            )
        ),
        "dispute": OpenDispute(item_id=f"I{number % 3}" if number % 2 else None),
        "upheld": ResolveDispute(outcome="upheld"),
        "rejected": ResolveDispute(outcome="rejected"),
        "reduced": ResolveDispute(outcome="reduced", amount=number),
        "apply": MakeApplication(for_="deferral" if number % 2 else "hardship"),
        "approve": Decide(
            for_="deferral" if number % 2 else "hardship", outcome="approved", until=today + step
        ),
        "refuse": Decide(for_="deferral" if number % 2 else "hardship", outcome="rejected"),
        "stop": Decide(for_="stop", outcome="approved" if number % 2 else "rejected"),
        "hold": PlaceHold(),
        "release": ReleaseHold(),
        "call": CompleteTask(kind="phone_call", result="done"),
        "visit": CompleteTask(kind="visit", result="done"),
        "reply": RecordReply(),
        "seen": RecordObservation(kind="seen"),
        "judgment": RecordLegalProgress(progress="judgment"),
    }
    if action == "invoice":
        count = len(world.seen)
        world.invoice(1000 + number, str(today + step - timedelta(days=4)), f"I{count}")
    elif action == "pay":
        world.pay(100 * number + 1, f"P{len(world.seen)}")
    else:
        with suppress(Rejected):
            world.do(commands[action])


def live(rules: Pack, script: list[tuple[int, str, int]]) -> World:
    """What happens to an account, each thing some hours after the one before."""
    world = World(rules, str(DAY))
    world.invoice(10000, "2026-06-03", "I0")
    for hours, action, number in script:
        later = world.now.astimezone(world.zone) + timedelta(hours=hours)
        world.to(later.replace(tzinfo=None).isoformat())
        act(world, action, number)
    return world


def play(rules: Pack, script: list[tuple[int, str, int]]) -> World:
    """The same, and two months in which nobody does anything."""
    world = live(rules, script)
    later = world.now.astimezone(world.zone) + timedelta(days=60)
    return world.to(later.replace(tzinfo=None).isoformat())


def check(world: World) -> None:
    check_steps(world)
    calls = [t for t in world.of(TaskRequested) if t.kind in ("phone_call", "visit")]
    days = [(t.case_id, t.on) for t in calls if t.case_id]
    assert len(days) == len(set(days))
    ids = [n.notice_id for n in world.of(NoticeRequested)]
    ids += [t.task_id for t in world.of(TaskRequested)]
    assert len(ids) == len(set(ids))
    check_end(world)


def check_steps(world: World) -> None:
    """At nine, one a day, inside a case, and nothing severe while it is paused."""
    steps_on: list[date] = []
    paused = running = False
    for seen in world.seen:
        event, day = seen.event, local_day(seen.at, world.zone)
        if isinstance(event, CaseOpened | CaseClosed):
            assert running == isinstance(event, CaseClosed)
            running, paused, steps_on = not running, False, []
        elif isinstance(event, CasePaused | CaseResumed):
            paused = isinstance(event, CasePaused)
        elif isinstance(event, StepTaken | RestrictionRequested | LegalRequested):
            assert running
            assert not paused
        if isinstance(event, StepTaken):
            assert day not in steps_on
            assert seen.at == instant(day, "09:00", world.zone)
            steps_on.append(day)


def check_end(world: World) -> None:
    """A case exactly while something is past due, and nothing of it left behind."""
    state = world.state()
    if overdue(state, world.today):
        assert state.case is not None
    if state.case is not None:
        assert past_due(state, world.today)
    else:
        assert not state.restrictions
        assert not [t for t in state.tasks if t.case_id]


SCRIPTS = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(ACTIONS), st.integers(0, 60)), max_size=25
)


@settings(max_examples=150, deadline=None)
@given(SCRIPTS)
def test_the_rules_hold_for_a_busy_pack(script: list[tuple[int, str, int]]) -> None:
    check(play(BUSY, script))


@settings(max_examples=60, deadline=None)
@given(SCRIPTS)
def test_the_rules_hold_for_a_shipped_pack(script: list[tuple[int, str, int]]) -> None:
    check(play(get("mobile"), script))


@settings(max_examples=25, deadline=None)
@given(SCRIPTS)
def test_the_same_inputs_lead_to_the_same_events(script: list[tuple[int, str, int]]) -> None:
    assert play(BUSY, script).seen == play(BUSY, script).seen
