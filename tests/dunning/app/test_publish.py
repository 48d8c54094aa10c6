"""Which events become messages."""

import typing

from services.dunning.domain.events import AccountEvent, CreditorEvent
from services.dunning.publish import KEPT, MESSAGES
from services.dunning.publish.cases import pause_code


def test_every_event_is_told_or_kept_on_purpose() -> None:
    every = {*typing.get_args(AccountEvent), *typing.get_args(CreditorEvent)}
    assert set(MESSAGES) | KEPT == every
    assert not set(MESSAGES) & KEPT


def test_no_told_event_has_a_sealed_field_in_its_message() -> None:
    """Sealed bytes are not JSON: a message that carried some could not be made."""
    for event, make in MESSAGES.items():
        sealed = {f for f, kind in event.__annotations__.items() if "bytes" in str(kind)}
        assert not sealed & set(make.__code__.co_names), event


def test_a_pause_is_told_as_a_code() -> None:
    reasons = ("hold", "promise to pay by 2026-03-25", "application for relief undecided")
    assert pause_code(reasons) == "hold:promise:application"
