"""A pack as prose that a credit manager reads: whole sentences in the order of time, each with the
clause it comes from.
"""

from collections.abc import Iterator

from services.dunning.policy.explain.actions import asking, clauses
from services.dunning.policy.explain.conditions import condition
from services.dunning.policy.explain.recovery import recovery
from services.dunning.policy.explain.terms import contact, money
from services.dunning.policy.explain.timing import trigger, when
from services.dunning.policy.explain.words import (
    CURRENCY,
    amounts_in,
    days,
    joined,
    quoted,
    sentence,
)
from services.dunning.policy.model import BeforeDue, CalendarEntry, Pack, Reaction, Step, Track

_ACCOUNTS = {
    "open_items": "with open items",
    "overdue": "that is overdue",
    "not_yet_due": "with open items not yet due",
    "mandate": "with a mandate for direct debit",
}
_MONTHLY_IF = {
    "any_overdue": "if anything is overdue",
    "commission_earned": "if commission was earned in the month before",
    "arrears_ratio_exceeded": "if the arrears exceed their share of what was invoiced",
}


def explain(pack: Pack, currency: str = CURRENCY) -> str:
    """Write the pack in words, its amounts in a currency."""
    with amounts_in(currency, pack.parameters):
        return "\n\n".join(block for block in _blocks(pack) if block) + "\n"


def _blocks(pack: Pack) -> Iterator[str]:
    yield from (_heading(pack), _block("Money", money(pack)), _block("Contact", contact(pack)))
    for title, lines in _in_time(pack):
        yield _block(title, lines)
    for title, lines in recovery(pack):
        yield _block(title, lines)


def step(given: Step) -> str:
    """What a step does and when, without its clause."""
    start = when(given.when)
    if given.if_:
        start += f", provided that {condition(given.if_)}"
    if given.approval:
        return f"{start}, {asking(given.approval)}; once it is given, {clauses(given.do)}"
    return f"{start}, {clauses(given.do)}"


def reaction(given: Reaction) -> str:
    """What a reaction does and when, without its clause."""
    start = trigger(given.on)
    if given.if_:
        start += f" and {condition(given.if_)}"
    if given.at_step_time:
        start += ", at the next step time"
    often = ", at most once a day" if given.once_a_day else ""
    return f"{start}, {clauses(given.do)}{often}"


def monthly(given: CalendarEntry) -> str:
    """What a monthly entry does and when, without its clause."""
    whom = ""
    if given.where:
        whom = f", for every account {_ACCOUNTS[given.where]}"
    elif given.scope == "segments":
        whom = ", for every segment with open items"
    only = f", {_MONTHLY_IF[given.if_]}" if given.if_ else ""
    days_ = joined(map(str, given.monthly))
    on = f"on day {days_}" if len(given.monthly) == 1 else f"on days {days_}"
    return f"{on} of the month{whom}{only}, {clauses(given.do)}"


def before_due(given: BeforeDue) -> str:
    """What happens before a due date, without its clause."""
    return f"{days(given.days)} before an item falls due, {clauses(given.do)}"


def _heading(pack: Pack) -> str:
    title = f"{pack.title.en} · {pack.title.zh} ({pack.label})"
    return f"{title}\nFor {pack.for_}. Written after: {pack.source}.\n\n{pack.description}"


def _in_time(pack: Pack) -> Iterator[tuple[str, list[str]]]:
    yield "Before the due date", [_with(before_due(one), one.source) for one in pack.before_due]
    yield (
        f"Steps, in this order, at most one a day, at {pack.step_time} (the step time)",
        _numbered(pack.steps),
    )
    for track in pack.tracks:
        yield _track(track, pack), _numbered(track.steps)
    yield "At once, whenever it happens", [_with(reaction(r), r.source) for r in pack.reactions]
    yield (
        f"Every month at {pack.step_time}",
        [_with(monthly(entry), entry.source) for entry in pack.calendar],
    )


def _track(track: Track, pack: Pack) -> str:
    usual = [step.id for step in pack.steps]
    numbers = ", ".join(str(usual.index(one) + 1) for one in track.instead_of if one in usual)
    return f"Steps of a case classified as {quoted(track.classified)}, instead of {numbers}"


def _numbered(steps: tuple[Step, ...]) -> list[str]:
    return [f"{n}. {_with(step(one), one.source)}" for n, one in enumerate(steps, start=1)]


def _with(text: str, source: str) -> str:
    return f"{sentence(text)} [{source}]"


def _block(title: str, lines: list[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines)]) if lines else ""
