"""Each kind of action has a function that carries it out."""

from typing import get_args

from services.dunning.domain.case.acting import BY_TYPE
from services.dunning.policy.actions import Action, Approval, Report


def test_every_action_of_an_account_is_carried_out() -> None:
    union, *_ = get_args(Action)
    assert set(BY_TYPE) == set(get_args(union)) - {Approval, Report}
