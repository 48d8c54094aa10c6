"""Which events become messages."""

import typing
from datetime import date

from services.dunning.domain.creditor.events import CreditorEvent
from services.dunning.domain.events import AccountEvent
from services.dunning.publish import KEPT, MESSAGES
from services.dunning.publish.cases import PAUSE_CODES, pause_code
from services.dunning.reasons import values as r


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
    promises = r.PromiseRuns(date(2026, 3, 25)), r.PromiseRuns(date(2026, 4, 1))
    pauses = (r.OnHold(), *promises, r.Undecided("relief"))
    assert pause_code(pauses) == "hold:promise:application"


def test_every_pause_has_a_code() -> None:
    assert {*PAUSE_CODES, r.PauseTold} == set(typing.get_args(r.Pause))
