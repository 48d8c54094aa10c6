"""The case itself: opened, paused, resumed, closed, its steps and its class."""

from collections.abc import Mapping

from chassis.store.stored import Stored
from contracts import dunning as m
from contracts.base import Contract
from services.dunning.domain.case.events import (
    CaseClosed,
    CaseOpened,
    CasePaused,
    CasePolicyChanged,
    CaseResumed,
    Classified,
    StepTaken,
)
from services.dunning.domain.event import Event
from services.dunning.publish.parts import Make, about, case_terms, decided
from services.dunning.reasons import values as r

PAUSE_CODES: Mapping[type[r.Pause], str] = {
    r.OnHold: "hold",
    r.PromiseRuns: "promise",
    r.PlanRuns: "instalment",
    r.AllDisputed: "dispute",
    r.Undecided: "application",
    r.BelowMinimum: "less",
}


def _case_opened(stored: Stored, account: str | None) -> Contract:
    event: CaseOpened = stored.event
    return m.CaseOpened(
        **about(stored, account),
        ledger_version=event.ledger_version,
        policy=event.policy_ref.policy,
        version=event.policy_ref.version,
        opened_on=event.opened_on,
        oldest_due_on=event.oldest_due_on,
        overdue=event.overdue,
        currency=event.currency,
        terms=case_terms(event.terms),
    )


def _policy_changed(stored: Stored, account: str | None) -> Contract | None:
    """Those recorded before cases had terms of their own say nothing the ledger could follow."""
    event: CasePolicyChanged = stored.event
    terms = case_terms(event.terms)
    if terms is None or event.on is None:
        return None
    return m.CasePolicyChanged(
        **about(stored, account),
        policy=event.after.policy,
        version=event.after.version,
        day=event.on,
        terms=terms,
    )


def _case_paused(stored: Stored, account: str | None) -> Contract:
    event: CasePaused = stored.event
    return m.CasePaused(**about(stored, account), reason=pause_code(event.reasons))


def _case_resumed(stored: Stored, account: str | None) -> Contract:
    return m.CaseResumed(**about(stored, account), reason="pause_over")


def _case_closed(stored: Stored, account: str | None) -> Contract:
    return m.CaseClosed(**about(stored, account), reason="nothing_overdue")


def pause_code(reasons: tuple[r.Pause, ...]) -> str:
    """The code of each kind of pause once, in order."""
    return ":".join(dict.fromkeys(_code(reason) for reason in reasons))


def _code(pause: r.Pause) -> str:
    return pause.code if isinstance(pause, r.PauseTold) else PAUSE_CODES[type(pause)]


def _step_taken(stored: Stored, account: str | None) -> Contract:
    event: StepTaken = stored.event
    return m.StepTaken(
        **about(stored, account),
        **decided(event),
        day=event.on,
        days_past_due=event.days_past_due,
        ledger_version=event.ledger_version,
    )


def _classified(stored: Stored, account: str | None) -> Contract:
    event: Classified = stored.event
    return m.Classified(**about(stored, account), **decided(event), classification=event.as_)


MESSAGES: Mapping[type[Event], Make] = {
    CaseOpened: _case_opened,
    CasePolicyChanged: _policy_changed,
    CasePaused: _case_paused,
    CaseResumed: _case_resumed,
    CaseClosed: _case_closed,
    StepTaken: _step_taken,
    Classified: _classified,
}
