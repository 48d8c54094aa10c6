"""Grades, limitation periods, commission, credit and segments in words."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from services.dunning.policy.actions import Action
from services.dunning.policy.model import Pack
from services.dunning.policy.recovery import CommissionRate, CreditRule, Grade

Words = Callable[[tuple[Action, ...]], str]


def explain_recovery(pack: Pack, actions: Words) -> Iterator[str]:
    """One block for each of these that the pack has; `actions` puts actions in words."""
    if pack.segments:
        owners = (f"  {segment}: {owner}" for segment, owner in pack.segments.items())
        yield "Owners by segment\n" + "\n".join(owners)
    if pack.grading:
        yield "Grades, the first that fits\n" + "\n".join(map(_grade, pack.grading))
    if pack.limitation:
        rules = pack.limitation
        restarted = ", ".join(word.replace("_", " ") for word in rules.restarted_by)
        yield (
            f"Limitation: {rules.years} years from the due date, restarted by {restarted}\n"
            f"  {rules.near_days} days before the end: {actions(rules.near)}\n"
            f"  on the last day: {actions(rules.expired)}"
        )
    if pack.commission:
        since = "the referral" if pack.commission.from_ == "referral" else "the first payment"
        head = f"Commission on what is recovered from {since} on, the first rate that fits"
        lines = [_rate(rate) for rate in pack.commission.rates]
        if pack.commission.none_in_first_months:
            months = pack.commission.none_in_first_months
            lines.append(f"  none in a collector's first {months} months")
        yield "\n".join([head, *lines])
    if pack.credit:
        yield "Credit\n" + "\n".join(_credit(pack.credit))


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f} %"


def _grade(grade: Grade) -> str:
    words = ["no way to reach the debtor is known"] if grade.no_contact else []
    words += [f"observed {' or '.join(grade.observed)}"] if grade.observed else []
    words += [f"below {grade.below_days} days"] if grade.below_days is not None else []
    return f"  {grade.as_}: {' and '.join(words) or 'everything else'}"


def _rate(rate: CommissionRate) -> str:
    words = ["won in court"] if rate.won_in_court else []
    words += ["in kind"] if rate.in_kind else []
    if rate.expired is not None:
        words.append("after the limitation period" if rate.expired else "within limitation")
    if rate.expired_years_below is not None:
        words.append(f"by less than {rate.expired_years_below} years")
    return f"  {_percent(rate.rate)}: {' '.join(words) or 'everything else'}"


def _credit(rule: CreditRule) -> Iterator[str]:
    if rule.agreement_required:
        yield "  only an account with an agreement in force may owe"
    if rule.responsible_clearance:
        yield "  the person responsible keeps an account until it is cleared"
    if rule.arrears_ratio_max is not None:
        share = _percent(rule.arrears_ratio_max)
        yield f"  arrears up to {share} of what was invoiced in the calendar year so far"
