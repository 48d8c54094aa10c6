"""Ids that say what a step is: what a case recorded under those of before still counts.

`before/` holds the texts of version 1 as they stood with numbered ids.
"""

from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from chassis.errors import Rejected, Transient
from services.dunning.domain.aggregates import ACCOUNT
from services.dunning.domain.case.commands import (
    CompleteTask,
    Decide,
    FollowPolicy,
    RecordObservation,
)
from services.dunning.domain.case.events import ApprovalRequested, LegalRequested, TaskRequested
from services.dunning.domain.contact.commands import RecordReply
from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.domain.creditor.commands import ProposePolicy
from services.dunning.domain.creditor.decide import decide_creditor
from services.dunning.domain.creditor.terms import policy_ref
from services.dunning.domain.money.events import FeeCharged
from services.dunning.library import Library
from services.dunning.policy import Pack, available, get, load, validate, with_parameters
from services.dunning.policy.load import loads
from tests.dunning.domain.packs import COURT, HEAD, SMS, braced, pack, steps
from tests.dunning.domain.world import World

BEFORE = Path(__file__).parent / "before"
NAMES = sorted(path.stem for path in BEFORE.glob("*.yaml"))
SPELLING = frozenset({"same_as", "content_hash", "was"})


def before(name: str) -> Pack:
    return load(BEFORE / f"{name}.yaml")


def said(value: Any, names: dict[str, str]) -> Any:
    """What a pack says, its parts called as they are today."""
    if isinstance(value, dict):
        return {
            key: names.get(part, part) if key in ("id", "step") else said(part, names)
            for key, part in value.items()
            if key not in SPELLING
        }
    if isinstance(value, list | tuple):
        return [said(part, names) for part in value]
    return names.get(value, value) if isinstance(value, str) else value


def apart(dump: dict[str, Any]) -> dict[str, Any]:
    """A pack with its sentences split as the texts of before had them: an entry for each day, each
    fact that is answered, and what follows a task.
    """
    days = [{**one, "monthly": (day,)} for one in dump["calendar"] for day in one["monthly"]]
    facts = [{**one, "on": on} for one in dump["reactions"] for on in _facts(one["on"])]
    reactions = [part for one in facts for part in (_without_then(one), *_then(one))]
    return {**dump, "calendar": days, "reactions": reactions}


def _facts(on: dict[str, Any]) -> list[Any]:
    return list(on.get("any", [on]))


def _without_then(reaction: dict[str, Any]) -> dict[str, Any]:
    done = [{**one, "then": ()} if one.get("repeat") else one for one in reaction["do"]]
    return {**reaction, "do": done}


def _then(reaction: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for task in reaction["do"]:
        for follows in task["then"] if task.get("repeat") else ():
            on = {"kind": task["kind"], "results": (), "times": task["repeat"]["times"]}
            source = reaction["source"].partition(";")[0]
            do = [{**follows, "if_": None}]
            yield {**reaction, "source": source, "on": on, "if_": follows["if_"], "do": do}


@pytest.mark.parametrize("name", NAMES)
class TestEveryPack:
    def test_an_account_of_before_finds_the_pack_of_today(self, name: str) -> None:
        assert Library().get(policy_ref(before(name))).content_hash == get(name).content_hash

    def test_what_it_says_is_what_it_said(self, name: str) -> None:
        today = get(name)
        names = {old: entry.id for entry in today.entries for old in entry.was}
        assert said(before(name).model_dump(), names) == said(apart(today.model_dump()), {})

    def test_no_id_is_a_number(self, name: str) -> None:
        assert [entry.id for entry in get(name).entries if len(entry.id) < 4] == []


def test_a_reference_to_another_version_is_not_answered_with_this_one() -> None:
    other = replace(policy_ref(before("mobile")), version=2)
    with pytest.raises(Transient):
        Library().get(other)


def test_every_pack_of_today_that_had_numbered_ids_is_compared() -> None:
    assert sorted(one.id for one in available() if one.same_as) == NAMES


def test_a_name_of_before_is_nobody_elses() -> None:
    text = HEAD + steps(f"day: 1 | {braced(SMS)}", f"day: 3 | {braced(COURT)} | was: s1")
    (fault,) = validate(loads(text))
    assert str(fault).endswith("steps[1].was: 's1' is used twice")


class Moved:
    """A world that began under the text of before and goes on under that of today."""

    def __init__(self, name: str, until: str, amount: int = 10000) -> None:
        self.world = World(before(name))
        self.world.invoice(amount, due="2026-06-10")
        self.world.to(until)
        self.old = list(self.world.seen)
        self.name = name
        self.goes_on(get(name))

    def goes_on(self, pack: Pack) -> None:
        """What refers to the text of before finds this pack."""
        known_as = {"content_hash": before(self.name).content_hash}
        self.world.wired.knows(pack.model_copy(update=known_as))

    def since(self, kind: type[Any]) -> list[Any]:
        """What happened under the text of today."""
        new = self.world.seen[len(self.old) :]
        return [seen.event for seen in new if isinstance(seen.event, kind)]

    def folded(self) -> Any:
        """The state as a replay of the account's events has it."""
        events = (seen.event for seen in self.world.seen if seen.account == "A")
        return reduce(ACCOUNT.evolve, events, ACCOUNT.initial("account-acme/A"))


class TestACaseOfBefore:
    def test_goes_on_at_the_step_that_follows(self) -> None:
        case = Moved("mobile", "2026-06-16")
        assert case.world.steps() == ["s1 06-11", "s2 06-15"]
        case.world.to("2026-07-20")
        assert case.world.steps()[2:] == ["bar_outgoing 06-18", "stop_service 07-10"]

    def test_is_the_same_when_it_is_replayed(self) -> None:
        case = Moved("mobile", "2026-06-16")
        case.world.to("2026-07-20")
        assert case.folded() == case.world.state("A")

    def test_has_a_step_approved_that_asked_under_its_number(self) -> None:
        case = Moved("tax-arrears", "2026-06-12 10:00")
        world = case.world
        case.goes_on(before("tax-arrears"))
        world.do(CompleteTask(kind="verify_debt", result="verified"))
        world.to("2026-07-15 10:00")
        assert [approval.step for approval in world.state("A").approvals] == ["s4"]
        case.goes_on(get("tax-arrears"))
        world.do(Decide(for_="seizure", outcome="approved", by="m"))
        assert world.of(LegalRequested)[-1].document == "seizure_order"
        assert world.to("2026-09-01").steps()[-1] == "enforcement 08-14"

    def test_counts_from_a_step_it_took_under_its_number(self) -> None:
        case = Moved("mall-abnormal", "2026-06-25 10:00")
        case.world.do(Decide(for_="restrict_water_power", outcome="approved", by="m"))
        case.world.to("2026-09-01")
        assert case.world.steps()[-1] == "still_abnormal 07-26"

    def test_leaves_dropped_what_was_dropped(self) -> None:
        case = Moved("property-service", "2026-06-11 10:00")
        case.goes_on(before("property-service"))
        case.world.do(RecordReply())
        case.world.to("2026-06-28")
        case.goes_on(get("property-service"))
        assert case.world.to("2026-07-11").steps() == ["s1 06-11", "visit 07-10"]


class TestAReactionOfBefore:
    def test_that_answered_today_does_not_answer_again(self) -> None:
        case = Moved("parking", "2026-06-16 10:00")
        case.goes_on(before("parking"))
        case.world.do(RecordObservation(kind="plate_seen"))
        case.goes_on(get("parking"))
        case.world.to("2026-06-16 11:00").do(RecordObservation(kind="plate_seen"))
        assert len(case.since(NoticeRequested)) == 1
        case.world.to("2026-06-17 11:00").do(RecordObservation(kind="plate_seen"))
        assert len(case.since(NoticeRequested)) == 2

    def test_whose_series_runs_begins_none_beside_it(self) -> None:
        case = Moved("mall-abnormal", "2026-06-16 10:00")
        case.goes_on(before("mall-abnormal"))
        case.world.do(RecordObservation(kind="shop_closed"))
        case.goes_on(get("mall-abnormal"))
        case.world.to("2026-06-17 10:00").do(RecordObservation(kind="shop_closed"))
        case.world.to("2026-07-01")
        assert [task.kind for task in case.since(TaskRequested)].count("photo_evidence") == 3

    def test_whose_approval_waits_does_not_ask_again(self) -> None:
        case = Moved("unit-users", "2026-06-16 10:00")
        case.goes_on(before("unit-users"))
        case.world.do(RecordObservation(kind="malicious"))
        case.goes_on(get("unit-users"))
        case.world.do(RecordObservation(kind="malicious"))
        assert len(case.since(ApprovalRequested)) == 1
        case.world.do(Decide(for_="penalty", outcome="approved", by="m"))
        assert [fee.amount for fee in case.since(FeeCharged)] == [1000]


class TestThePolicyInForce:
    def test_put_again_in_other_words_is_no_other_policy(self) -> None:
        world = World(before("mobile"))
        world.invoice(10000, due="2026-06-10")
        world.to("2026-06-12")
        with pytest.raises(Rejected, match="follows policy mobile v1 with these figures already"):
            world.do(FollowPolicy(by="m"), pack=get("mobile"))

    def test_is_not_proposed_again_in_other_words(self) -> None:
        world = World(before("mobile"))
        asked = ProposePolicy(by="m")
        with pytest.raises(Rejected, match="in force already"):
            decide_creditor(world.creditor, asked, get("mobile"), world.now)
        changed = with_parameters(get("mobile"), {"stop_day": 40})
        assert decide_creditor(world.creditor, asked, changed, world.now)

    def test_of_another_text_needs_a_version_of_its_own(self) -> None:
        world = World(before("mobile"))
        other = get("mobile").model_copy(update={"same_as": ()})
        with pytest.raises(Rejected, match="a changed text needs a new version"):
            decide_creditor(world.creditor, ProposePolicy(by="m"), other, world.now)


def test_a_pack_may_keep_several_names() -> None:
    held = pack(steps(f"day: 1 | {braced(SMS)} | was: [s7, s8]"))
    assert held.names("s8") == ("s1", "s7", "s8")
    assert held.is_same("s7", "s8")
    assert not held.is_same("s7", "s9")
