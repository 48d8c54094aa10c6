"""The terms of money and the limits of contact, in sentences."""

from services.dunning.policy.explain.words import amount, days, percent
from services.dunning.policy.model import LateFee, Pack


def money(pack: Pack) -> list[str]:
    """When an item falls due, what a payment settles, what being late costs."""
    terms = pack.terms
    due = "An invoice falls due on the date it names."
    if terms.due_days is not None:
        due = f"An invoice that names no due date falls due {days(terms.due_days)} after its issue."
    order = ("principal", "late fee")
    if terms.allocation == "charges_first":
        order = ("late fee", "principal")
    settles = (
        f"A payment goes to the oldest item first; of an item it settles the {order[0]} before "
        f"the {order[1]}."
    )
    waits = (
        f"Money for an invoice that nobody knows waits {days(pack.unmatched_days)}, then it goes "
        "to what has fallen due."
    )
    small = (
        [f"No case opens while less than {amount(pack.minimum_overdue)} is overdue."]
        if pack.minimum_overdue
        else []
    )
    return [due, settles, _late_fee(terms.late_fee), waits, *small]


def contact(pack: Pack) -> list[str]:
    """When and how often the debtor may be contacted."""
    limits = pack.contact
    often = (
        f"at most {limits.contacts_max} times in any {days(limits.window_days)}, of these at most "
        f"{limits.calls_per_day_max} call or visit a day"
    )
    hours = f"The debtor is contacted between {limits.from_} and {limits.until} only"
    return [f"{hours}, {often}."]


def _late_fee(fee: LateFee | None) -> str:
    if fee is None:
        return "There is no late fee."
    start = "from the day after the due date"
    if fee.starts == "started":
        start = "from the day on which a step begins it"
    return (
        f"The late fee is {percent(fee.rate_per_day)} of the overdue principal a day {start}, "
        f"at most {percent(fee.cap_ratio)} of the item."
    )
