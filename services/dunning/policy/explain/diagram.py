"""A pack's flow as a Mermaid flowchart: steps are boxes, waits are on the arrows."""

from collections.abc import Iterator

from services.dunning.policy.actions import Action, Classify, following
from services.dunning.policy.explain.actions import asking, clauses
from services.dunning.policy.explain.conditions import condition
from services.dunning.policy.explain.prose import before_due, monthly
from services.dunning.policy.explain.timing import trigger, when
from services.dunning.policy.explain.words import CURRENCY, amounts_in, plain, quoted
from services.dunning.policy.model import Pack, Reaction, Step, Track

_START = "due"
_ENTITIES = (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("|", "#124;"))


def diagram(pack: Pack, currency: str = CURRENCY) -> str:
    """The flow of a case, its amounts in a currency; paste it where Mermaid is drawn."""
    with amounts_in(currency, pack.parameters):
        return "\n".join(["flowchart TD", *(f"  {line}" for line in _lines(pack))]) + "\n"


def _lines(pack: Pack) -> Iterator[str]:
    yield _node(_START, "The oldest unpaid item falls due (day 0)", round_=True)
    for entry in pack.before_due:
        yield _node(f"before_{entry.id}", before_due(entry))
        yield f"before_{entry.id} --> {_START}"
    yield from _chain(_START, pack.steps)
    for number, track in enumerate(pack.tracks, start=1):
        yield from _track(track, pack, f"track{number}")
    for reaction in pack.reactions:
        yield from _reaction(reaction)
    for number, track in enumerate(pack.tracks, start=1):
        for name in _classifying(pack, track.classified):
            yield f"{name} -.-> track{number}_class"
    yield from _calendar(pack)


def _chain(start: str, steps: tuple[Step, ...]) -> Iterator[str]:
    """Each step, and the arrow that leads to it from the one before."""
    before = start
    for step in steps:
        name = f"step_{step.id}"
        yield _node(name, f"{plain(step.id)}: {_does(step)}")
        yield _arrow(before, name, when(step.when))
        before = name


def _does(step: Step) -> str:
    done = clauses(step.do)
    if step.approval:
        done = f"{asking(step.approval)}; once it is given, {done}"
    return f"{done}, provided that {condition(step.if_)}" if step.if_ else done


def _track(track: Track, pack: Pack, place: str) -> Iterator[str]:
    name = f"{place}_class"
    yield f"subgraph {place}[{_label(f'instead of {_replaced(track)}')}]"
    yield _node(name, f"the case is classified as {quoted(track.classified)}", round_=True)
    yield from _chain(name, track.steps)
    yield "end"
    last = track.instead_of[-1]
    following = [step.id for step in pack.steps]
    after = following[following.index(last) + 1 :] if last in following else []
    if after:
        yield _arrow(f"step_{track.steps[-1].id}", f"step_{after[0]}", "then as usual")


def _replaced(track: Track) -> str:
    return ", ".join(map(plain, track.instead_of))


def _classifying(pack: Pack, name: str) -> Iterator[str]:
    """The nodes of what puts a case in a class."""
    for step in pack.steps:
        if any(_gives(action, name) for action in step.do):
            yield f"step_{step.id}"
    for reaction in pack.reactions:
        if any(_gives(action, name) for action in reaction.do):
            yield f"reaction_{reaction.id}"


def _gives(action: Action, name: str) -> bool:
    match action:
        case Classify(as_=one, first_of=several):
            return name == one or any(case.as_ == name for case in several)
    return any(_gives(follows, name) for follows in following(action))


def _reaction(reaction: Reaction) -> Iterator[str]:
    cause, name = f"when_{reaction.id}", f"reaction_{reaction.id}"
    words = trigger(reaction.on)
    if reaction.if_:
        words += f" and {condition(reaction.if_)}"
    yield _node(cause, words, round_=True)
    yield _node(name, clauses(reaction.do))
    waits = "at the next step time" if reaction.at_step_time else "at once"
    yield _arrow(cause, name, f"{waits}, once a day" if reaction.once_a_day else waits)


def _calendar(pack: Pack) -> Iterator[str]:
    if not pack.calendar:
        return
    yield f"subgraph monthly[{_label('every month')}]"
    for entry in pack.calendar:
        yield _node(f"month_{entry.id}", monthly(entry))
    yield "end"


def _arrow(start: str, end: str, text: str) -> str:
    return f"{start} -->|{_label(text)}| {end}"


def _node(name: str, text: str, *, round_: bool = False) -> str:
    label = _label(text[:1].upper() + text[1:])
    return f"{name}([{label}])" if round_ else f"{name}[{label}]"


def _label(text: str) -> str:
    """Text in quotes; what Mermaid would read as markup is written as entities."""
    for sign, entity in _ENTITIES:
        text = text.replace(sign, entity)
    return '"' + " ".join(text.split()) + '"'
