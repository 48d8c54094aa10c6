"""Grades, limitation periods, commission, credit, cash and targets, in sentences."""

from collections.abc import Iterator

from services.dunning.policy.explain.actions import clauses
from services.dunning.policy.explain.words import (
    days,
    joined,
    percent,
    person,
    plain,
    quoted,
    sentence,
)
from services.dunning.policy.model import Limitation, Pack
from services.dunning.policy.recovery import (
    CashDesk,
    Commission,
    CommissionRate,
    CreditRule,
    Decisions,
    Grade,
    Kpi,
)

Block = tuple[str, list[str]]


def recovery(pack: Pack) -> Iterator[Block]:
    """One block for each of these that the pack has."""
    if pack.segments:
        yield "Who answers for a customer segment", _segments(pack)
    if pack.grading:
        yield "Grades, the first that fits", [_grade(grade) for grade in pack.grading]
    if pack.limitation:
        yield "Limitation", _limitation(pack.limitation)
    if pack.commission:
        yield (
            "Commission" + (", the first rate that fits" if len(pack.commission.rates) > 1 else ""),
            _commission(pack.commission),
        )
    if pack.credit:
        yield "Credit", list(_credit(pack.credit))
    if pack.decisions or pack.deciders:
        yield "Decisions", _decisions(pack)
    if pack.cash_desk:
        yield "Cash", [_cash(pack.cash_desk)]
    if pack.kpi:
        yield "Targets", _targets(pack.kpi)


def _segments(pack: Pack) -> list[str]:
    return [
        f"{plain(segment).capitalize()} customers: the department {quoted(owner)}."
        for segment, owner in pack.segments.items()
    ]


def _grade(grade: Grade) -> str:
    words = ["no way to reach the debtor is known"] if grade.no_contact else []
    words += [f"{joined(map(quoted, grade.observed), 'or')} was observed"] if grade.observed else []
    if grade.below_days is not None:
        words.append(f"the oldest overdue item is less than {days(grade.below_days)} past due")
    return f"{quoted(grade.as_)}: {' and '.join(words) or 'every other debt'}."


def _limitation(rules: Limitation) -> list[str]:
    restarted = joined((f"a {plain(word)}" for word in rules.restarted_by), "or")
    again = f"; {restarted} restarts it" if rules.restarted_by else ""
    lines = [f"The period is {rules.years} years from the due date{again}."]
    if rules.near:
        lines.append(sentence(f"{days(rules.near_days)} before its end, {clauses(rules.near)}"))
    if rules.expired:
        lines.append(sentence(f"on its last day, {clauses(rules.expired)}"))
    return lines


def _commission(rules: Commission) -> list[str]:
    since = "the referral" if rules.from_ == "referral" else "the first payment"
    lines = [f"It is earned on what is recovered from {since} on."]
    if len(rules.rates) == 1:
        lines.append(f"It is {percent(rules.rates[0].rate)} of it.")
    else:
        lines += [f"{percent(rate.rate)}: {_of(rate)}." for rate in rules.rates]
    if rules.none_in_first_months:
        lines.append(f"There is none in a collector's first {rules.none_in_first_months} months.")
    return lines


def _of(rate: CommissionRate) -> str:
    words = ["won in court"] if rate.won_in_court else []
    words += ["paid in kind"] if rate.in_kind else []
    if rate.expired is not None:
        words.append(
            "after the limitation period ended" if rate.expired else "within the limitation period"
        )
    if rate.expired_years_below is not None:
        words.append(f"by less than {rate.expired_years_below} years")
    return " ".join(words) or "everything else"


def _credit(rule: CreditRule) -> Iterator[str]:
    if rule.agreement_required:
        yield "Only an account with an agreement in force may owe."
    if rule.responsible_clearance:
        yield "The person responsible for an account keeps it until it is cleared."
    if rule.arrears_ratio_max is not None:
        share = percent(rule.arrears_ratio_max)
        yield f"Arrears may be up to {share} of what was invoiced in the calendar year so far."


def _decisions(pack: Pack) -> list[str]:
    lines = [_late(pack.decisions)] if pack.decisions else []
    lines += [
        sentence(f"only {person(role)} decides an application for {quoted(name)}")
        for name, role in pack.deciders.items()
    ]
    return lines


def _late(rule: Decisions) -> str:
    what = f" for {joined(map(quoted, rule.for_), 'or')}" if rule.for_ else ""
    return (
        f"When an application{what} is undecided after {days(rule.late_after_days)}, the alert "
        f"{quoted(rule.alert)} is raised on the day after."
    )


def _cash(desk: CashDesk) -> str:
    if desk.compare == "running_total":
        difference = "keeps cash that was not deposited"
    else:
        difference = "has not deposited exactly what was received that day"
    numbered = "Receipts are numbered. " if desk.receipts_numbered else ""
    return f"{numbered}Every evening the alert {quoted(desk.alert)} names whoever {difference}."


def _targets(kpi: Kpi) -> list[str]:
    lines = [
        f"Collected of what is receivable, by quarter: {_percents(kpi.collection_targets)}.",
        f"Cleared of old arrears, by quarter: {_percents(kpi.clearing_targets)}.",
    ]
    lines += [
        sentence(
            f"each point over or under moves the pay of {person(role)} by {pay.per_point} %, "
            f"at most {pay.cap} %"
        )
        for role, pay in kpi.pay.items()
    ]
    if kpi.exempt:
        lines.append(f"Left out is what is marked {joined(map(quoted, kpi.exempt), 'or')}.")
    return lines


def _percents(targets: tuple[object, ...]) -> str:
    return joined(f"{target} %" for target in targets)
