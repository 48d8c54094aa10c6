"""A dispute decided while money lies ready: the ledger's word counts, not the moment between."""

from services.dunning.domain.agreements.commands import OpenDispute, ResolveDispute
from services.dunning.domain.case.events import CaseOpened
from tests.dunning.domain.packs import SIMPLE
from tests.dunning.domain.world import World


def test_a_rejected_dispute_opens_no_case_before_the_ledger_says_what_is_owed() -> None:
    world = World(SIMPLE)
    world.invoice(100, "2026-06-10")
    world.do(OpenDispute())
    world.to("2026-06-20 10:00")
    assert not [event for event in _rejected_only(world) if isinstance(event, CaseOpened)]


def test_the_case_opens_with_the_ledgers_next_word() -> None:
    world = World(SIMPLE)
    world.invoice(100, "2026-06-10")
    world.do(OpenDispute())
    world.to("2026-06-20 10:00")
    world.do(ResolveDispute(outcome="rejected"))
    assert world.days(CaseOpened)[-1] == "06-20"
    assert world.case_state() == "open"


def _rejected_only(world: World) -> list[object]:
    """The events of the decision alone, before the ledger hears of it."""
    return list(World.do(_Deaf(world), ResolveDispute(outcome="rejected")))


class _Deaf(World):
    """The same world, whose ledger does not answer."""

    def __init__(self, world: World) -> None:
        self.__dict__ = world.__dict__

    def _ledger_hears(self, account: str, event: object) -> None:
        """Say nothing."""
