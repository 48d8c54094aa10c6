"""Packs for the properties: generated ones, valid by the format's own checks, and the shipped ones
whose notions the model knows.
"""

import re

from hypothesis import strategies as st

from services.dunning.policy import Pack, available
from services.dunning.policy.actions import (
    Alert,
    Approval,
    Charge,
    Classify,
    Notice,
    Refer,
    Restore,
    StartLateFee,
    Task,
    WriteOff,
)
from services.dunning.policy.conditions import (
    AnyOf,
    Classified,
    DisputedEver,
    OverdueAtLeast,
    Replied,
    Restricted,
    singles,
)
from services.dunning.policy.load import loads
from services.dunning.policy.model import Reaction, Step
from services.dunning.policy.timing import AfterFact, AfterTask, DayPastDue, DaysAfterStep, When
from services.dunning.policy.triggers import (
    OnApplication,
    OnClassified,
    OnInvoice,
    OnObservation,
)

HEAD = """
id: generated
version: 1
title: {zh: 生成, en: Generated}
for: the properties
description: made up by a test
source: none
parameters:
  contacts_max: {default: 900, unit: count, source: none}
"""
FIRST = "notice: {purpose: reminder, channels: [sms]}"
DEEDS = (
    "notice: {purpose: demand, channels: [letter]}",
    "notice: {purpose: reminder, channels: [email]}",
    "restrict: {service: outgoing}",
    "restrict: {service: all_service}",
    "legal: {document: complaint}",
    "task: {kind: verify_debt, owner: finance}",
    "task: {kind: reconcile, owner: sales}",
)
CONDITIONS = (
    "{replied: false}",
    "{replied: true}",
    "{disputed_ever: false}",
    "{overdue_at_least: 700}",
)
OUTGOING = DEEDS[2]
KNOWN_CONDITIONS = (Replied, DisputedEver, OverdueAtLeast, Restricted, Classified)
"""A case of the model is in no class."""
UNKNOWN_ACTIONS = (Approval, Classify, Charge, WriteOff, StartLateFee, Restore)
HARMLESS = (Task, Alert, Refer, Notice)


@st.composite
def _whens(draw: st.DrawFn, tasks: list[str], days: int) -> str:
    kind = draw(st.sampled_from(["day", "day", "then_days", "amount", "after"]))
    if kind == "then_days":
        return f"{{then_days: {draw(st.integers(0, 12))}}}"
    if kind == "amount":
        return f"{{day: {days}, or_overdue_at_least: {draw(st.integers(1, 3000))}}}"
    if kind == "after" and tasks:
        wait = draw(st.integers(0, 9))
        return f"{{after: {{task: {draw(st.sampled_from(tasks))}, days: {wait}}}}}"
    return f"{{day: {days}}}"


@st.composite
def generated(draw: st.DrawFn) -> str:
    """A valid pack's text, of two to seven steps, some with late fee or notices before due."""
    day = draw(st.integers(1, 4))
    lines = ["steps:", _step("s1", f"{{day: {day}}}", FIRST)]
    tasks: list[str] = []
    for number in range(2, draw(st.integers(3, 8))):
        day += draw(st.integers(1, 15))
        when, deed = draw(_whens(tasks, day)), draw(st.sampled_from(DEEDS))
        day += _waited(when)
        extra = ""
        if draw(st.integers(0, 3)) == 0:
            barred = any(OUTGOING in line for line in lines)
            conditions = (*CONDITIONS, "{restricted: [outgoing]}") if barred else CONDITIONS
            extra += f"    if: {draw(st.sampled_from(conditions))}\n"
        if draw(st.integers(0, 3)) == 0:
            extra += f"    approval: {{for: go_{number}, by: manager}}\n"
        if deed.startswith("task") and not extra:
            tasks.append(deed.split()[2].rstrip(","))
        lines.append(_step(f"s{number}", when, deed, extra))
    return HEAD + draw(_extras()) + "\n".join(lines) + "\n"


def _waited(when: str) -> int:
    """The days a step adds to those before it: no later day may lie within them."""
    found = re.match(r"\{then_days: (\d+)", when)
    return int(found[1]) if found else 0


@st.composite
def _extras(draw: st.DrawFn) -> str:
    text = ""
    order = draw(st.sampled_from(["principal_first", "charges_first"]))
    rate = draw(st.sampled_from([None, "0.0005", "0.01", "0.07"]))
    fee = f", late_fee: {{rate_per_day: {rate}}}" if rate else ""
    text += f"terms: {{allocation: {order}{fee}}}\n"
    if draw(st.booleans()):
        days = draw(st.integers(1, 9))
        do = "{notice: {purpose: reminder, channels: [sms]}}"
        text += f"before_due:\n  - {{id: b1, source: none, days: {days}, do: [{do}]}}\n"
    return text


def _step(step_id: str, when: str, deed: str, extra: str = "") -> str:
    return f"  - id: {step_id}\n    source: none\n    when: {when}\n{extra}    do: [{{{deed}}}]"


def is_known(pack: Pack) -> bool:
    """Whether the model knows every notion that moves the pack's steps, money and restrictions."""
    fee = pack.terms.late_fee
    return (
        not pack.tracks
        and (fee is None or (fee.starts == "due" and fee.cap_ratio == 1))
        and all(_knows_step(step) for step in pack.steps)
        and all(_is_harmless(reaction) for reaction in pack.reactions)
    )


def _knows_step(step: Step) -> bool:
    when, asked = step.when, step.approval
    conditions = singles(("if",), step.if_) if step.if_ else ()
    return (
        _knows_time(when)
        and not when.or_after
        and not when.not_before
        and (asked is None or not asked.holds_steps)
        and not isinstance(step.if_, AnyOf)
        and all(isinstance(condition, KNOWN_CONDITIONS) for _, condition in conditions)
        and all(a.if_ is None and not isinstance(a, UNKNOWN_ACTIONS) for a in step.do)
    )


def _knows_time(when: When) -> bool:
    match when:
        case DayPastDue() | DaysAfterStep():
            return True
        case AfterFact(after=AfterTask(results=())):
            return True
        case _:
            return False


def _is_harmless(reaction: Reaction) -> bool:
    on = reaction.on
    never = isinstance(on, OnObservation | OnInvoice | OnClassified)
    never = never or (isinstance(on, OnApplication) and on.outcome == "approved")
    return never or all(isinstance(action, HARMLESS) for action in reaction.do)


SHIPPED = {pack.id: pack for pack in available() if is_known(pack)}
texts = st.one_of(generated(), generated(), st.sampled_from(sorted(SHIPPED)))
"""A pack's text, or the name of a shipped one."""


def read(text: str) -> Pack:
    """The pack a text or name stands for."""
    return SHIPPED[text] if text in SHIPPED else loads(text)
