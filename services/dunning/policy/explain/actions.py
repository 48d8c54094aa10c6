"""What is done, in words: a clause for each action."""

from services.dunning.policy.actions import (
    Action,
    Alert,
    Approval,
    Asking,
    Charge,
    Classify,
    ClassifyCase,
    DirectDebit,
    GradeCase,
    Legal,
    Notice,
    Refer,
    Repeat,
    Report,
    Restore,
    Restrict,
    StartLateFee,
    Task,
    WriteOff,
)
from services.dunning.policy.explain.conditions import condition
from services.dunning.policy.explain.words import (
    CHANNELS,
    DOCUMENTS,
    PURPOSES,
    TASKS,
    amount,
    days,
    figure,
    joined,
    percent,
    person,
    plain,
    quoted,
    receiver,
    service,
)

_Short = Restrict | Refer | Legal | Alert | GradeCase | StartLateFee | WriteOff | DirectDebit
_RECIPIENTS = {
    "first": "",
    "registered": " to the registered address",
    "each_other": " to each other address that is known",
}


def clauses(actions: tuple[Action, ...]) -> str:
    """Several actions as the rest of a sentence."""
    return "; ".join(map(_with_condition, actions))


def asking(given: Asking) -> str:
    """Who is asked to approve what."""
    return f"{person(given.by)} is asked for the approval {quoted(given.for_)}"


def _with_condition(action: Action) -> str:
    words = clause(action)
    return f"if {condition(action.if_)}, {words}" if action.if_ else words


def clause(action: Action) -> str:
    """One action, without its condition."""
    match action:
        case Notice():
            return _notice(action)
        case Task():
            return _task(action)
        case Approval():
            return _approval(action)
        case Classify():
            return _classify(action)
        case Charge():
            return _charge(action)
        case Report():
            return _report(action)
        case Restore(services=names):
            what = joined(map(service, names)) if names else "every service that is withheld"
            return f"the creditor restores {what}"
        case _:
            return _short(action)


def _short(action: _Short) -> str:
    match action:
        case Restrict(service=name):
            return f"the creditor withholds {service(name)}"
        case Refer(to=to):
            return f"the debt is referred to {receiver(to)}"
        case Legal(document=document):
            return DOCUMENTS[document]
        case Alert(kind=kind):
            return f"the alert {quoted(kind)} is raised"
        case GradeCase():
            return "the debt is graded"
        case StartLateFee():
            return "the late fee begins"
        case WriteOff():
            return "what is overdue is written off"
        case DirectDebit():
            return "the bank is asked for what the account owes"


def _report(report: Report) -> str:
    sums = "".join(
        f" ({plain(name)}: {figure(name, value)})" for name, value in report.figures.items()
    )
    return f"the report {quoted(report.name)} is stored{sums}"


_MASKED = {
    "persons": "names of persons are masked there",
    "all": "all names are masked there",
    "none": "names are shown in full there",
}


def _notice(notice: Notice) -> str:
    by = joined(CHANNELS[channel] for channel in notice.channels)
    last = notice.respond_within_days
    term = f", with a last day {days(last)} later" if last is not None else ""
    further = _fallback(notice)
    to = _RECIPIENTS[notice.recipients]
    mask = f" ({_MASKED[notice.mask]})" if notice.mask else ""
    return f"{PURPOSES[notice.purpose]} goes out by {by}{mask}{further}{to}{term}"


def _fallback(notice: Notice) -> str:
    if not notice.fallback:
        return ""
    names = [CHANNELS[channel] for channel in notice.fallback]
    if notice.choose == "cheapest":
        return f" or {' or '.join(names)}, whichever is cheapest, else by the next"
    return f", failing that by {', failing that by '.join(names)}"


def _task(task: Task) -> str:
    also = f", together with {joined(map(person, task.with_owners))}," if task.with_owners else ""
    asks = f" ({', '.join(task.asks)})" if task.asks else ""
    does = f"{person(task.owner)}{also} {TASKS[task.kind].does}{asks}{_repeat(task.repeat)}"
    return f"{does}; once that is done, {clauses(task.then)}" if task.then else does


def _repeat(repeat: Repeat | None) -> str:
    if repeat is None:
        return ""
    every = "every day" if repeat.every_days == 1 else f"every {days(repeat.every_days)}"
    start = f", from {days(repeat.after_days)} later on" if repeat.after_days else ", at once and"
    until = f", {repeat.times} times in all" if repeat.times else ", until the case closes"
    return f"{start} {every}{until}"


def _approval(approval: Approval) -> str:
    then = f"; once it is given, {clauses(approval.then)}" if approval.then else ""
    return asking(approval) + then


def _classify(action: Classify) -> str:
    if action.as_ is not None:
        return f"the case is classified as {quoted(action.as_)}"
    return f"the case is classified as {', else as '.join(map(_class, action.first_of))}"


def _class(given: ClassifyCase) -> str:
    words = quoted(given.as_)
    return f"{words} if {condition(given.if_)}" if given.if_ else words


def _charge(charge: Charge) -> str:
    return (
        f"the fee {quoted(charge.item)} is charged: the amount decided, else {_fee(charge)}, "
        f"due {days(charge.due_in_days)} later"
    )


def _fee(charge: Charge) -> str:
    if charge.ratio is not None:
        return f"{percent(charge.ratio)} of the overdue principal"
    return amount(charge.amount or 0)
