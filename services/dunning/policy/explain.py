"""A pack as a timetable that a clerk can read."""

from services.dunning.policy.actions import (
    Action,
    Approval,
    Charge,
    Classify,
    Notice,
    Repeat,
    Report,
    Restore,
    Task,
)
from services.dunning.policy.conditions import AllOf, AnyOf, Condition, Not
from services.dunning.policy.explain_recovery import explain_recovery
from services.dunning.policy.model import BeforeDue, CalendarEntry, Pack, Reaction, Step
from services.dunning.policy.recovery import Decisions
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
from services.dunning.policy.triggers import OnApplication, OnApproval, OnTask, Trigger


def explain(pack: Pack) -> str:
    """Write the pack in words: terms, what happens when, what it reacts to, its monthly entries and
    its figures.
    """
    blocks = [_heading(pack), _terms(pack)]
    if pack.before_due:
        blocks.append("Before the due date\n" + "\n".join(map(_before_due, pack.before_due)))
    blocks.append(
        "Steps, one a day at " + pack.step_time + "\n" + "\n".join(map(_step, pack.steps))
    )
    for track in pack.tracks:
        head = f"Once classified {track.classified}, instead of {', '.join(track.instead_of)}\n"
        blocks.append(head + "\n".join(map(_step, track.steps)))
    if pack.reactions:
        blocks.append("At once\n" + "\n".join(map(_reaction, pack.reactions)))
    if pack.decisions:
        blocks.append(_decisions(pack.decisions))
    blocks += explain_recovery(pack, _actions)
    if pack.calendar:
        blocks.append("Every month\n" + "\n".join(map(_entry, pack.calendar)))
    blocks.append(_figures(pack))
    return "\n\n".join(blocks) + "\n"


def _heading(pack: Pack) -> str:
    return f"{pack.title.zh} · {pack.title.en} ({pack.label})\n{pack.description}"


def _terms(pack: Pack) -> str:
    terms = pack.terms
    due = (
        f"due {terms.due_days} days after the issue date where the invoice names none"
        if terms.due_days is not None
        else "due on the date the invoice names"
    )
    order = (
        "principal before late fee"
        if terms.allocation == "principal_first"
        else "late fee before principal"
    )
    fee = "no late fee"
    if terms.late_fee:
        start = "the day after the due date"
        if terms.late_fee.starts == "started":
            start = "the day a step starts it"
        percent = (terms.late_fee.rate_per_day * 100).normalize()
        cap = (terms.late_fee.cap_ratio * 100).normalize()
        fee = f"late fee {percent:f} % a day from {start}, at most {cap:f} % of the item"
    contact = pack.contact
    hours = (
        f"contact {contact.from_}-{contact.until}, at most {contact.contacts_max} in "
        f"{contact.window_days} days and {contact.calls_per_day_max} call or visit a day"
    )
    small = (
        f"; no case while less than {pack.minimum_overdue} minor units are overdue"
        if pack.minimum_overdue
        else ""
    )
    return f"Terms: {due}; payments settle {order}; {fee}; {hours}{small}."


def _before_due(entry: BeforeDue) -> str:
    return f"  {entry.id}  {entry.days} days before: {_actions(entry.do)}  [{entry.source}]"


def _step(step: Step) -> str:
    condition = f", if {_condition(step.if_)}" if step.if_ else ""
    asks = f"ask {step.approval.by} for {step.approval.for_}; approved: " if step.approval else ""
    return f"  {step.id}  {_when(step.when)}{condition}: {asks}{_actions(step.do)}  [{step.source}]"


def _when(when: When) -> str:
    text = _own(when)
    if when.or_overdue_at_least is not None:
        text += f", or once {when.or_overdue_at_least} minor units are overdue"
    text += "".join(f", or {_after(after)}" for after in when.or_after)
    return text + "".join(f", not before {_after(after)}" for after in when.not_before)


def _own(when: When) -> str:
    match when:
        case DayPastDue(day=day):
            return f"day {day}"
        case DaysAfterStep(then_days=days):
            return f"{days} days after the step before"
        case MonthsPastDue(months_past_due=months):
            return f"when more than {months} months past due"
        case AfterFact(after=after):
            return _after(after)


def _after(after: After) -> str:
    fact = _fact(after)
    return f"{after.days} days after {fact}" if after.days else f"when {fact}"


def _fact(after: After) -> str:
    match after:
        case AfterTask(task=kind, results=results):
            return f"{kind} is {' or '.join(results) or 'done'}"
        case AfterApproval(approval=for_, results=results):
            return f"{for_} is {' or '.join(results)}"
        case AfterLegal(legal=stage, unpaid=unpaid):
            return f"{stage} is recorded" + (" and still unpaid" if unpaid else "")
        case AfterStep(step=step):
            return f"step {step}"


def _condition(condition: Condition) -> str:
    """Name each field that was given and what it asks for."""
    match condition:
        case AllOf(all=parts):
            return " and ".join(map(_condition, parts))
        case AnyOf(any=parts):
            return " or ".join(map(_condition, parts))
        case Not(not_=part):
            return f"not {_condition(part)}"
    text = condition.key.replace("_", " ")
    (value,) = condition.model_dump().values()
    if isinstance(value, bool):
        return text if value else f"not {text}"
    return f"{text} {' or '.join(value) if isinstance(value, tuple) else value}"


def _actions(actions: tuple[Action, ...]) -> str:
    return "; ".join(_action(action) for action in actions)


def _action(action: Action) -> str:
    condition = f" (if {_condition(action.if_)})" if action.if_ else ""
    return _deed(action) + condition


def _deed(action: Action) -> str:
    match action:
        case Notice():
            return _notice(action)
        case Task():
            also = "".join(f" and {owner}" for owner in action.with_owners)
            asks = f": {', '.join(action.asks)}" if action.asks else ""
            return f"task {action.kind} ({action.owner}{also}){_repeat(action.repeat)}{asks}"
        case Approval():
            then = f"; approved: {_actions(action.then)}" if action.then else ""
            return f"ask {action.by} for {action.for_}{then}"
        case Classify():
            return "classify " + (action.as_ or " or ".join(one.as_ for one in action.first_of))
        case Restore(services=services):
            return "restore " + (", ".join(services) or "every restricted service")
        case Charge():
            return _charge(action)
        case Report(name=name, figures=figures):
            return f"report {name}" + "".join(f", {one} {value}" for one, value in figures.items())
    words = [str(value) for value in action.model_dump(exclude={"if_"}).values()]
    return " ".join([action.key.replace("_", " "), *words])


def _notice(notice: Notice) -> str:
    last = notice.respond_within_days
    term = f", last day {last} days on" if last is not None else ""
    to = "" if notice.recipients == "first" else f" to {notice.recipients}"
    return f"notice {notice.purpose} by {' and '.join(notice.channels)}{to}{term}"


def _charge(charge: Charge) -> str:
    if charge.ratio is None:
        fee = f"{charge.amount} minor units"
    else:
        fee = f"{(charge.ratio * 100).normalize():f} % of the overdue principal"
    return f"charge {charge.item}, the amount decided, else {fee}, due {charge.due_in_days} days on"


def _repeat(repeat: Repeat | None) -> str:
    if repeat is None:
        return ""
    first = f", the first {repeat.after_days} days on" if repeat.after_days else ""
    times = f", {repeat.times} times in all" if repeat.times else " until the case closes"
    return f" every {repeat.every_days} days{first}{times}"


def _reaction(reaction: Reaction) -> str:
    condition = f", if {_condition(reaction.if_)}" if reaction.if_ else ""
    once = ", once a day" if reaction.once_a_day else ""
    once += ", at the next step time" if reaction.at_step_time else ""
    return (
        f"  {reaction.id}  {_trigger(reaction.on)}{condition}{once}: {_actions(reaction.do)}"
        f"  [{reaction.source}]"
    )


def _trigger(trigger: Trigger) -> str:
    match trigger:
        case OnApplication() | OnApproval():
            return f"{trigger.key} {trigger.for_} {trigger.outcome}"
        case OnTask():
            times = f" {trigger.times} times" if trigger.times else ""
            return f"task {trigger.kind} {' or '.join(trigger.results) or 'done'}{times}"
    (value,) = trigger.model_dump().values()
    return f"{trigger.key} {' or '.join(value) if isinstance(value, tuple) else value}"


def _decisions(rule: Decisions) -> str:
    what = " or ".join(rule.for_) or "anything"
    return (
        f"Decisions\n  an application for {what} undecided after {rule.late_after_days} days: "
        f"alert {rule.alert} on the day after"
    )


def _entry(entry: CalendarEntry) -> str:
    whom = {"creditor": "", "accounts": f" for accounts with {entry.where}"}.get(
        entry.scope, " for each segment"
    )
    condition = f", if {entry.if_}" if entry.if_ else ""
    when = f"day {' and '.join(map(str, entry.monthly))}{whom}{condition}"
    return f"  {entry.id}  {when}: {_actions(entry.do)}  [{entry.source}]"


def _figures(pack: Pack) -> str:
    lines = ["Figures (* = left open by the written policy, a default)"]
    for name, parameter in pack.parameters.items():
        mark = "*" if parameter.vague else " "
        changed = f" (default {parameter.default})" if name in pack.overrides else ""
        unit = f"({' or '.join(parameter.choices)})" if parameter.choices else parameter.unit
        lines.append(f"  {mark} {name} = {pack.values[name]} {unit}{changed}  [{parameter.source}]")
    return "\n".join(lines)
