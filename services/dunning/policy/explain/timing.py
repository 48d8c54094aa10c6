"""When a step's turn comes, and what a reaction answers to, in words."""

from collections.abc import Mapping

from services.dunning.policy.explain.words import TASKS, amount, days, joined, quoted
from services.dunning.policy.timing import (
    After,
    AfterApproval,
    AfterFact,
    AfterLegal,
    AfterStep,
    AfterTask,
    DayPastDue,
    DaysAfterStep,
    MonthsPastDue,
    When,
)
from services.dunning.policy.triggers import (
    OnApplication,
    OnApproval,
    OnCase,
    OnClassified,
    OnDelivery,
    OnDispute,
    OnInvoice,
    OnLimitation,
    OnMandate,
    OnObservation,
    OnPlan,
    OnPromise,
    OnTask,
    SingleTrigger,
    Trigger,
    single_triggers,
)

_DECIDED: Mapping[str, str] = {"approved": "given", "rejected": "refused"}
_FATES: Mapping[str, str] = {
    "failed": "fails",
    "returned": "comes back",
    "refused": "is refused",
    "no_address": "finds no usable address",
    "opted_out": "meets somebody who wants none",
}
_Change = (
    OnPlan | OnPromise | OnCase | OnClassified | OnDelivery | OnInvoice | OnLimitation | OnMandate
)
_ENDS: Mapping[str, str] = {"near": "comes near its end", "expired": "ends"}
_LEGAL: Mapping[str, str] = {
    "filed": "the complaint is filed",
    "hearing": "a hearing is recorded",
    "judgment": "a judgment is recorded",
    "settled": "a settlement is recorded",
    "enforced": "an enforcement is recorded",
    "frozen": "a freezing of assets is recorded",
    "seized": "a seizure is recorded",
}


def when(given: When) -> str:
    """The day of a step, as the start of a sentence."""
    text = _planned(given)
    if given.or_overdue_at_least is not None:
        least = amount(given.or_overdue_at_least)
        text += f", or as soon as {least} of principal is overdue"
    text += "".join(f", or {after(one)}" for one in given.or_after)
    if given.not_before:
        text += f", but not before {joined(map(_counted_from, given.not_before))}"
    return text


def _planned(given: When) -> str:
    match given:
        case DayPastDue(day=day):
            return f"on day {day}"
        case DaysAfterStep(then_days=number):
            return f"{days(number)} after the step before"
        case MonthsPastDue(months_past_due=months):
            return f"on the first day more than {months} months past due"
        case AfterFact(after=fact):
            return after(fact)


def after(given: After) -> str:
    """The fact that is waited for, and the days after it."""
    start = f"{days(given.days)} after" if given.days else "at the next step time after"
    return f"{start} {_fact(given)}"


def _counted_from(given: After) -> str:
    if not given.days:
        return f"the step time after {_fact(given)}"
    return f"{days(given.days)} after {_fact(given)}"


def _fact(given: After) -> str:
    match given:
        case AfterTask(task=kind, results=results):
            return f"{TASKS[kind].name} {_ended(results)}"
        case AfterApproval(approval=name, results=results):
            decided = joined((_DECIDED[one] for one in results), "or")
            return f"the approval {quoted(name)} is {decided}"
        case AfterLegal(legal=stage, unpaid=unpaid):
            return _LEGAL[stage] + (" and while it is unpaid" if unpaid else "")
        case AfterStep(step=step):
            return f"the step {quoted(step)} was taken"


def _ended(results: tuple[str, ...]) -> str:
    if not results:
        return "is done"
    return f"ends with the result {joined(map(quoted, results), 'or')}"


def trigger(given: Trigger) -> str:
    """What a reaction answers to, as the start of a sentence."""
    return " or ".join(map(_single, single_triggers(given)))


def _single(given: SingleTrigger) -> str:
    match given:
        case OnObservation(observation=names):
            return f"when {joined(map(quoted, names), 'or')} is observed"
        case OnDispute(dispute=change):
            return f"when a dispute is {change}"
        case OnApplication(for_=name, outcome=outcome):
            return f"when an application for {quoted(name)} is {outcome}"
        case OnApproval(for_=name, outcome=outcome):
            return f"when the approval {quoted(name)} is {_DECIDED[outcome]}"
        case OnTask(kind=kind, results=results, times=times):
            often = f" for the {_ordinal(times)} time in the case" if times else ""
            return f"when {TASKS[kind].name} {_ended(results)}{often}"
        case _:
            return _change(given)


def _change(given: _Change) -> str:
    match given:
        case OnPlan(plan=change):
            return f"when an instalment plan is {change}"
        case OnPromise(promise=change):
            return f"when a promise to pay is {change}"
        case OnCase(case=change):
            return "when a case opens" if change == "opened" else "when the case closes"
        case OnClassified(classified=names):
            return f"when the case is classified as {joined(map(quoted, names), 'or')}"
        case OnDelivery(delivery=fates):
            return f"when a notice {joined((_FATES[fate] for fate in fates), 'or')}"
        case OnInvoice():
            return "when an invoice is issued on credit to an account without an agreement in force"
        case OnLimitation(limitation=stage):
            return f"when the limitation period of an item {_ENDS[stage]}"
        case OnMandate():
            return "when the mandate for direct debit is withdrawn"


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")
