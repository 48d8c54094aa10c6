"""Reasons in English: what messages, the API and the views say of why something happened.

Another language is another module like this one. Nothing reads these words back.
"""

from collections.abc import Iterable

from contracts.words.formats import money
from services.dunning.domain.event import Effect
from services.dunning.policy.actions import Action, Legal, Notice, Refer, Restrict, Task
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r


def why_in_words(effect: Effect) -> str:
    """Why an effect happened, with the policy; empty where it says nothing.

    Of one stored before reasons were values these are the words of then.
    """
    if isinstance(effect.reason, str):
        return effect.reason
    return f"{in_words(effect.reason)}; policy {effect.policy} v{effect.policy_version}"


def pauses_in_words(pauses: Iterable[r.Pause]) -> list[str]:
    """What pauses a case, one text each."""
    return [_pause(pause) for pause in pauses]


def in_words(reason: r.Reason | a.AheadReason) -> str:
    """A reason in words, without the policy."""
    if isinstance(reason, r.TurnReason):
        return _turn(reason)
    if isinstance(reason, r.SourceReason):
        return _source(reason)
    if isinstance(reason, r.Pause):
        return _pause(reason)
    if isinstance(reason, r.CaseReason):
        return _case(reason)
    if isinstance(reason, r.MoneyReason):
        return _money(reason)
    if isinstance(reason, r.CreditorReason):
        return _creditor(reason)
    if isinstance(reason, a.StepReason):
        return _step_ahead(reason)
    return _coming(reason)


def _turn(reason: r.TurnReason) -> str:
    match reason:
        case r.DayReached():
            return f"day {reason.day} reached"
        case r.DaysAfterStepBefore():
            base = f" ({reason.base})" if reason.base else ""
            return f"{reason.days} days after the step before{base}"
        case r.MonthsPastDue():
            return f"more than {reason.months} months past due"
        case r.OverdueReached():
            return f"overdue {_shown(reason.overdue)} reached {_shown(reason.least)}"
        case r.AfterStep():
            return f"step {reason.step} taken on {reason.on}{_later(reason.days)}"
        case r.AfterLegal():
            return f"{reason.progress} recorded on {reason.on}{_later(reason.days)}"
        case r.AfterResult():
            result = " or ".join(reason.results) or "done"
            return f"{reason.fact} {result} on {reason.on}{_later(reason.days)}"


def _later(days: int) -> str:
    return f", {days} days on" if days else ""


def _source(reason: r.SourceReason) -> str:
    match reason:
        case r.StepDue():
            return f"{_turn(reason.turn)}, nothing pauses"
        case r.StepLeftOut():
            return f"{_turn(reason.turn)}, but its condition does not hold"
        case r.WaitedForLimit():
            return f"waited for the contact limit; {in_words(reason.before)}"
        case r.BeforeDue():
            return f"{reason.days} days before the due date {reason.due_on}"
        case r.Monthly():
            return f"monthly, day {reason.day}"
        case r.Recorded():
            return f"{reason.fact} recorded".replace("_", " ")
        case r.Observed():
            return f"{reason.kind} observed"
        case r.Decided():
            return f"{reason.for_} {reason.outcome}"
        case r.Told():
            return reason.words


def _pause(pause: r.Pause) -> str:
    match pause:
        case r.OnHold():
            return "hold"
        case r.PromiseRuns():
            return f"promise to pay by {pause.by}"
        case r.PlanRuns():
            return "instalment plan in good standing"
        case r.AllDisputed():
            return "dispute over all that is past due"
        case r.Undecided():
            return f"application for {pause.for_} undecided"
        case r.BelowMinimum():
            return f"less than the minimum of {_shown(pause.minimum)} overdue"
        case r.PauseTold():
            return pause.words


def _case(reason: r.CaseReason) -> str:
    match reason:
        case r.ItemOverdue():
            return f"item {reason.item_id} overdue since {reason.since}"
        case r.NothingOverdue():
            return "nothing is overdue and nothing past due is disputed"
        case r.ClassifiedBefore():
            return "classified before the case"
        case r.GradeMoved():
            return "the oldest overdue item or the way to reach the debtor changed"
        case r.Paused():
            return "; ".join(pauses_in_words(reason.by))
        case r.NothingPauses():
            return "nothing pauses any more"
        case r.PolicyMoved():
            return f"moved from policy {reason.before} by decision of {reason.by}"
        case r.NoUsableAddress():
            return f"{reason.place}: no usable address in any of its channels"


def _money(reason: r.MoneyReason) -> str:
    match reason:
        case r.DecisionLate():
            asked = f"application for {reason.for_} of {reason.made_on}"
            return f"{asked} undecided after {reason.days} days"
        case r.PromiseUnmet():
            return f"promised {_shown(reason.promised)} by {reason.by}, paid {_shown(reason.paid)}"
        case r.InstalmentsUnmet():
            paid, due = _shown(reason.paid), _shown(reason.due)
            return f"instalments due by {reason.by} not met: {paid} paid of {due} due"
        case r.MoneyWaits():
            of, names = f"of payment {reason.payment_id}", ", ".join(reason.invoices)
            return f"{_shown(reason.amount)} {of} wait for unknown {names}"
        case r.PaymentWaits():
            payment = f"payment {reason.payment_id}"
            return f"{payment} waits until {reason.until} for invoices nobody knows"
        case r.LimitationEnds():
            return f"the limitation period of item {reason.item_id} ends on {reason.ends_on}"
        case r.MoneyRecovered():
            rates = " and ".join(reason.rates)
            return f"payment {reason.payment_id} recovered {_shown(reason.amount)} at {rates}"
        case r.PaymentTakenBack():
            left = reason.left
            part = f" in part: {_shown(left)} are left of it" if left else ""
            return f"payment {reason.payment_id} was reversed{part}"
        case r.MandateEnded():
            return "the direct-debit mandate was withdrawn"


def _creditor(reason: r.CreditorReason) -> str:
    match reason:
        case r.WorkingDaysUnknown():
            days = f"the working days of {reason.year} ({reason.country})"
            return f"{days} are not known: Monday to Friday"
        case r.CashUneven():
            kept = reason.kept
            end = "that day alone" if kept is None else f"{_shown(kept)} not deposited by then"
            received, deposited = _shown(reason.collected), _shown(reason.deposited)
            cash = f"cash of a collector on {reason.day}"
            return f"{cash}: {received} received, {deposited} deposited, {end}"


def _step_ahead(reason: a.StepReason) -> str:
    match reason:
        case a.StepDueAhead():
            turn = reason.turn
            return f"day {turn.day}" if isinstance(turn, r.DayReached) else _turn(turn)
        case a.ConditionFails():
            return "its condition does not hold now"
        case a.WaitsForStepBefore():
            return "waits for what it follows"
        case a.WaitsForDecision():
            return f"waits for the decision on step {reason.step}"
        case a.MoneyCovers():
            return "waits while money for unknown invoices covers what is overdue"


def _coming(reason: a.ComingReason) -> str:
    match reason:
        case a.Promised():
            return "promised"
        case a.InstalmentDue():
            return f"instalment due on {reason.on}"
        case a.WaitsForLimit():
            return f"waits for the contact limit; {in_words(reason.before)}"
        case a.AgeReached():
            return f"the oldest overdue item is {reason.days} days past due then"
        case a.MinimumReached():
            return f"as much as the minimum of {_shown(reason.minimum)} is overdue then"


_ROUTINES = {
    a.Routine.PAUSE: "paused",
    a.Routine.CASE_OPENS: "case opens",
    a.Routine.CASE_GOES_ON: "case goes on",
    a.Routine.GRADE: "grade",
    a.Routine.PROMISE_CHECK: "check of the promise",
    a.Routine.PLAN_CHECK: "check of the plan",
}


def what_in_words(what: a.What) -> str:
    """What is to come, in words."""
    match what:
        case a.Actions():
            asks = f"ask for {what.asks}: " if what.asks else ""
            depends = what.if_so_then
            return asks + "; ".join(_action(action, depends=depends) for action in what.actions)
        case a.Alert():
            return f"alert {what.kind}"
        case a.LimitationStage():
            return f"limitation {what.stage}"
        case a.Routine():
            return _ROUTINES[what]


def _action(action: Action, *, depends: bool) -> str:
    """An action; `depends` says that its condition is looked at only then."""
    return _deed(action) + (" if its condition holds then" if depends and action.if_ else "")


def _deed(action: Action) -> str:
    match action:
        case Notice(purpose=purpose, channels=channels):
            return f"notice {purpose} by {' and '.join(channels)}"
        case Task(kind=kind, owner=owner):
            return f"task {kind} ({owner})"
        case Legal(document=document):
            return f"legal {document}"
        case Restrict(service=service):
            return f"restrict {service}"
        case Refer(to=to):
            return f"refer {to}"
        case _:
            return action.key.replace("_", " ")


def _shown(amount: r.Amount) -> str:
    return money(amount.minor, amount.currency, "en")
