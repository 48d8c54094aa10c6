"""The creditor: its set-up, and who decides what on it as a whole."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chassis.errors import Rejected
from contracts.words.workdays import WorkingDays
from services.dunning.domain.case.commands import CompleteTask, Decide
from services.dunning.domain.case.events import WakeScheduled
from services.dunning.domain.commands import CreditorCommand
from services.dunning.domain.creditor.calendar import next_run, run_calendar, tell_unknown
from services.dunning.domain.creditor.cash import count_cash
from services.dunning.domain.creditor.commands import (
    CertifyClearance,
    ConfigureCreditor,
    CountCash,
    DecidePolicy,
    ProposePolicy,
    RunCalendar,
    StartCollector,
)
from services.dunning.domain.creditor.events import CreditorConfigured, CreditorEvent
from services.dunning.domain.creditor.policy_changes import check_decision, decided, propose_policy
from services.dunning.domain.creditor.staff import (
    certify_clearance,
    complete_task,
    decide_approval,
    start_collector,
)
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.creditor.terms import policy_ref, terms_of
from services.dunning.domain.localtime import local_day
from services.dunning.policy.model import Pack


def decide_creditor(
    state: Creditor, command: CreditorCommand, pack: Pack, now: datetime
) -> list[CreditorEvent]:
    """Answer the events that follow from a command on a creditor; raises Rejected when it is
    refused.
    """
    return _DECIDERS[type(command)](state, command, pack, now)


def _configure(
    state: Creditor, command: ConfigureCreditor, pack: Pack, now: datetime
) -> list[CreditorEvent]:
    try:
        zone = ZoneInfo(command.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Rejected(f"there is no time zone {command.zone!r}") from None
    configured = CreditorConfigured(
        name=command.name,
        zone=command.zone,
        currency=command.currency,
        languages=command.languages,
        policy_ref=policy_ref(pack),
        terms=terms_of(pack),
        calendar=command.calendar,
        closed_days=command.closed_days,
        retention_days=command.retention_days,
        second_person_above=command.second_person_above,
    )
    days = WorkingDays(command.calendar, command.closed_days)
    events: list[CreditorEvent] = [configured]
    events += tell_unknown(state.calendar_told, days, pack, local_day(now, zone))
    at = next_run(pack, now, zone, state.turn_on, days)
    if at != state.wake:
        events.append(WakeScheduled(at=at, turn_on=state.turn_on))
    return events


def set_up_of(state: Creditor) -> ConfigureCreditor:
    """The command that sets a creditor up as it is."""
    return ConfigureCreditor(
        name=state.name,
        zone=state.zone,
        currency=state.currency,
        languages=state.languages,
        calendar=state.calendar,
        closed_days=state.closed_days,
        retention_days=state.retention_days,
        second_person_above=state.second_person_above,
    )


def _decide_policy(
    state: Creditor, command: DecidePolicy, pack: Pack, now: datetime
) -> list[CreditorEvent]:
    """Decide on a proposed policy; an approved one is the creditor's from now on."""
    proposal = check_decision(state, command)
    decision = decided(proposal, command)
    if command.outcome != "approved":
        return [decision]
    return [decision, *_configure(state, set_up_of(state), pack, now)]


_DECIDERS: dict[type, Callable[[Creditor, Any, Pack, datetime], list[CreditorEvent]]] = {
    ConfigureCreditor: _configure,
    CountCash: count_cash,
    RunCalendar: run_calendar,
    CompleteTask: complete_task,
    Decide: decide_approval,
    StartCollector: start_collector,
    CertifyClearance: certify_clearance,
    ProposePolicy: propose_policy,
    DecidePolicy: _decide_policy,
}
