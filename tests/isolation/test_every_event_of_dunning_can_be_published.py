"""Dunning decides from the largest that contracts, HTTP models and packs allow, and whatever comes
of it can be published; what could not be is refused where it enters.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from contracts.base import AMOUNT_MAX
from services.dunning.api import inputs as i
from services.dunning.domain import aggregates as a
from services.dunning.domain import commands as c
from services.dunning.domain.account import Account
from services.dunning.domain.case import commands as case
from services.dunning.domain.case.events import RestorationRequested, RetentionEnded
from services.dunning.domain.case.state import Restriction
from services.dunning.domain.creditor import commands as creditor
from services.dunning.domain.creditor.decide import decide_creditor
from services.dunning.domain.creditor.events import CreditorConfigured
from services.dunning.domain.creditor.state import Creditor
from services.dunning.library import chosen_text
from services.dunning.policy import PackError
from services.dunning.publish import MESSAGES
from tests.dunning.domain.packs import CALL, HEAD, braced, steps
from tests.isolation.extreme_days import COMMANDS, NEXT, NO_CASE, PACK, PERSON, SEALED, Days
from tests.isolation.extreme_pack import LABEL, NAME
from tests.isolation.playing import Step, kept, played, step
from tests.isolation.test_every_event_can_be_published import LONG, require_published

CREDITOR, ACCOUNT = f"creditor-{LONG}", f"account-{LONG}/{LONG}"
WEEKS = 10
BEGINNINGS = ((date(2026, 3, 1), (PACK, NEXT)), (date(2199, 1, 1), (NO_CASE, PACK)))
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
CLOSED = tuple(date(2199, 1, 1) - timedelta(days=day) for day in range(i._CLOSED_DAYS_MAX))
SET_UP = creditor.ConfigureCreditor(
    name=LABEL,
    zone="America/Argentina/ComodRivadavia",
    currency="CNY",
    languages=("zh", "en"),
    calendar="CN",
    closed_days=CLOSED,
)


def test_all_that_an_account_decides_can_be_published() -> None:
    events = [
        event
        for first, packs in BEGINNINGS
        for days in (
            Days(random.Random(first.year), first, packs).steps(WEEKS),
            Days(random.Random(), first, packs).story(),
        )
        for event in played("dunning", a.ACCOUNT, ACCOUNT, days)
    ]
    over = kept(RetentionEnded(closed_on=date(2199, 1, 1), days=i._RETENTION_DAYS_MAX))
    events += played("dunning", a.ACCOUNT, ACCOUNT, [over])  # only where nothing else happens
    assert _told(a.ACCOUNT.events) - {type(event) for event in events} == set()


def test_all_that_a_creditor_decides_can_be_published() -> None:
    events = list(played("dunning", a.CREDITOR, CREDITOR, _of_creditor()))
    assert _told(a.CREDITOR.events) - {type(event) for event in events} == set()


def test_no_command_is_left_out() -> None:
    assert COMMANDS.keys() | {case.Wake} == set(get_args(c.AccountCommand))


def test_sources_are_told_to_nobody() -> None:
    sources = kept(a.SourcesTold(sources=(LABEL,) * 100))
    assert len(list(played("dunning", a.TOLD_SOURCES, f"sources-{LONG}@31", [sources]))) == 1
    assert (a.ACCOUNT, a.CREDITOR, a.TOLD_SOURCES) == a.AGGREGATES


def _told(events: Any) -> set[type]:
    return MESSAGES.keys() & set(get_args(events))


def _of_creditor() -> Iterator[Step]:
    yield step(decide_creditor, SET_UP, PACK, AT)
    month = creditor.RunCalendar(
        any_overdue=True,
        segments=(NAME,) * 20,
        arrears=AMOUNT_MAX,
        commission=AMOUNT_MAX,
    )
    for command in (
        month,
        case.CompleteTask(result="w" * 64, note=SEALED, by=LABEL),
        case.CompleteTask(result=""),
        case.Decide(for_="commission", outcome="approved", by=LABEL),
        month,
        case.Decide(for_="commission", outcome="approved", amount=10**15),
        month,
        case.Decide(for_="commission", outcome="rejected"),
        creditor.CountCash(day=AT.date(), collected=AMOUNT_MAX, deposited=0, running=AMOUNT_MAX),
        creditor.StartCollector(collector=PERSON, started_on=date(1970, 1, 1), by=LABEL),
        creditor.CertifyClearance(person=PERSON, accounts=10**6, by=LABEL),
    ):
        yield _woken(command)
    yield step(decide_creditor, creditor.ProposePolicy(by=LABEL, note=SEALED), NEXT, AT)
    yield _approved


def _woken(command: c.CreditorCommand) -> Step:
    return lambda state: decide_creditor(state, command, PACK, state.wake or AT)


def _approved(state: Creditor) -> list[Any]:
    (proposal,) = state.proposals
    command = creditor.DecidePolicy(proposal_id=proposal.proposal_id, outcome="approved", by="B")
    return [*decide_creditor(state, command, NEXT, AT)]


# ---- without a case


def test_a_service_withheld_as_its_case_closed_is_given_back_in_its_name() -> None:
    """Its case had closed, and what was told named none."""
    withheld = (
        Restriction(service="water", since=AT.date(), case_id=LONG),
        Restriction(service="power", since=AT.date()),
    )
    paid = case.RecordObservation(kind="paid")

    def decided(state: Account) -> Any:
        decide = Days(random.Random(), AT.date(), [PACK]).of(paid)
        return decide(replace(state, restrictions=withheld))

    events = list(played("dunning", a.ACCOUNT, ACCOUNT, [decided]))
    told = [event for event in events if isinstance(event, RestorationRequested)]
    assert [(one.case_id, one.service) for one in told] == [(LONG, "water")]


# ---- packs


def _pack(action: str, more: str = "") -> str:
    return HEAD + steps(f"day: 1 | {braced(CALL, action)}") + more


TOO_LONG = "n" * 129


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (_pack("restrict: {service: 电}"), "do[1].restrict.service"),
        (_pack(f"refer: {{to: {TOO_LONG}}}"), "do[1].refer.to"),
        (_pack("alert: {kind: two words}"), "do[1].alert.kind"),
        (_pack("charge: {item: a fee, amount: 1, due_in_days: 0}"), "do[1].charge.item"),
        (_pack("classify: {as: hard case}"), "do[1].classify.as"),
        (_pack("classify: {first_of: [{as: 难}]}"), "do[1].classify.first_of"),
        (_pack("approval: {for: a waiver, then: []}"), "do[1].approval.for"),
        (_pack("approval: {for: waiver, by: '', then: []}"), "do[1].approval.by"),
        (
            _pack("notice: {purpose: demand, channels: [sms], template: a b}"),
            "do[1].notice.template",
        ),
        (_pack("task: {kind: visit, owner: segment, with_owners: ['']}"), "do[1].task.owner"),
        (_pack("grade: {}", "grading: [{as: hard case}]"), "grading[0].as"),
        (_pack(CALL, "decisions: {late_after_days: 1, alert: too late}"), "decisions.alert"),
        (_pack(CALL, "cash_desk: {compare: day_alone, alert: 差}"), "cash_desk.alert"),
        (_pack(CALL, f"segments: {{other: {'s' * 201}}}"), "segments.other"),
    ],
)
def test_a_name_that_no_message_can_tell_is_refused_with_its_pack(text: str, place: str) -> None:
    with pytest.raises(PackError) as refused:
        chosen_text(None, None, text, {})
    assert place in str(refused.value)


def test_hours_that_begin_when_the_day_is_over_are_refused() -> None:
    with pytest.raises(PackError):
        chosen_text("three-stage", None, None, {"contact_from": "24:00"})


def test_a_rate_of_less_than_nothing_by_nothing_is_nothing() -> None:
    """`-0.0` is no less than 0, and no text that a message has for a decimal."""
    pack = chosen_text("property-fees", None, None, {"late_fee_rate": -0.0}).pack
    (configured, *_) = decide_creditor(Creditor(creditor=LONG), SET_UP, pack, AT)
    assert isinstance(configured, CreditorConfigured)
    require_published("dunning", CREDITOR, configured)
