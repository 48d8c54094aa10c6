"""Policies proposed, approved by another, followed by the cases to come; cases moved on purpose."""

import pytest

from chassis.errors import NotFound, Rejected
from services.dunning.domain.case.commands import FollowPolicy
from services.dunning.domain.case.events import RestrictionRequested
from services.dunning.domain.commands import CreditorCommand
from services.dunning.domain.creditor.commands import ConfigureCreditor, DecidePolicy, ProposePolicy
from services.dunning.domain.creditor.decide import decide_creditor
from services.dunning.domain.creditor.events import CreditorEvent, PolicyProposed
from services.dunning.domain.creditor.evolve import evolve_creditor
from services.dunning.domain.creditor.state import Creditor, initial_creditor
from services.dunning.policy import Pack
from tests.dunning.domain.packs import LETTER, SMS, STOP, braced, pack, steps
from tests.dunning.domain.world import World

OLD = pack(steps(f"day: 1 | {braced(SMS)}", f"day: 30 | {braced(LETTER)}"))
NEW_STEPS = steps(f"day: 1 | {braced(SMS)}", f"day: 5 | {braced(STOP)}")
NEW = pack(NEW_STEPS).model_copy(update={"version": 2, "content_hash": "new"})
NOW = World(OLD).now


class Office:
    """A creditor that is set up with the old pack."""

    def __init__(self) -> None:
        self.state: Creditor = initial_creditor("creditor-acme")
        setup = ConfigureCreditor(name="Acme", zone="Asia/Shanghai", currency="CNY")
        self.do(setup, OLD)

    def do(self, command: CreditorCommand, about: Pack) -> list[CreditorEvent]:
        events = decide_creditor(self.state, command, about, NOW)
        for event in events:
            self.state = evolve_creditor(self.state, event)
        return events

    def propose(self, about: Pack = NEW, by: str = "ann") -> str:
        (event,) = self.do(ProposePolicy(by=by), about)
        assert isinstance(event, PolicyProposed)
        return event.proposal_id

    def decide(self, proposal: str, outcome: str, by: str) -> None:
        self.do(DecidePolicy(proposal_id=proposal, outcome=outcome, by=by), NEW)

    @property
    def version(self) -> int:
        assert self.state.policy is not None
        return self.state.policy.version


def test_a_proposal_changes_nothing_before_it_is_approved() -> None:
    office = Office()
    office.propose()
    assert office.version == 1
    assert len(office.state.proposals) == 1


def test_a_second_person_approves_and_the_policy_is_in_force() -> None:
    office = Office()
    office.decide(office.propose(), "approved", "bob")
    assert (office.version, office.state.proposals) == (2, ())


@pytest.mark.parametrize("by", ["ann", " ann "])
def test_who_proposes_may_not_approve(by: str) -> None:
    office = Office()
    proposal = office.propose()
    with pytest.raises(Rejected, match="second person"):
        office.decide(proposal, "approved", by)


def test_who_proposes_may_withdraw() -> None:
    office = Office()
    office.decide(office.propose(), "rejected", "ann")
    assert (office.version, office.state.proposals) == (1, ())


def test_a_decided_proposal_is_not_decided_again() -> None:
    office = Office()
    proposal = office.propose()
    office.decide(proposal, "rejected", "bob")
    with pytest.raises(NotFound, match=proposal):
        office.decide(proposal, "approved", "bob")


def test_what_is_in_force_is_not_proposed() -> None:
    with pytest.raises(Rejected, match="in force already"):
        Office().propose(OLD)


def test_another_text_under_a_taken_version_is_refused() -> None:
    changed = NEW.model_copy(update={"version": 1})
    with pytest.raises(Rejected, match="needs a new version"):
        Office().propose(changed)


def overdue() -> World:
    world = World(OLD)
    world.invoice(1000, "2026-06-10")
    return world.to("2026-06-12")


def move(world: World) -> None:
    """Move the case to the new pack, and go on with it."""
    world.do(FollowPolicy(by="ann"), pack=NEW)
    world.pack = NEW


def test_a_moved_case_goes_on_with_the_new_steps_and_repeats_none() -> None:
    world = overdue()
    move(world)
    assert world.case().policy.version == 2
    world.to("2026-06-20")
    assert world.steps() == ["s1 06-11", "s2 06-15"]
    assert world.days(RestrictionRequested) == ["06-15"]


def test_a_case_is_not_moved_to_what_it_follows() -> None:
    world = overdue()
    move(world)
    with pytest.raises(Rejected, match="already"):
        move(world)


def test_no_case_no_move() -> None:
    with pytest.raises(Rejected, match="no case runs"):
        World(OLD).do(FollowPolicy(by="ann"))


def test_a_case_whose_step_asks_is_not_moved() -> None:
    world = World(pack(steps(f"day: 1 | {braced(STOP)} | approval: {{for: stop}}")))
    world.invoice(1000, "2026-06-10")
    world.to("2026-06-12")
    with pytest.raises(Rejected, match="decide it first"):
        move(world)
