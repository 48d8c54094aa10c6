"""Commands of the dunning process that change when and on what a debtor owes: disputes, deferrals,
plans, late-fee decisions.
"""

from collections.abc import Iterable
from datetime import date

from msgspec.structs import replace

from chassis.errors import Rejected
from services.ledger.domain import commands as c
from services.ledger.domain import late_fee
from services.ledger.domain.calendar import next_day
from services.ledger.domain.corrections import find, lower_amount, void
from services.ledger.domain.draft import Draft
from services.ledger.domain.events import (
    AccountEvent,
    DisputeResolved,
    ItemsDeferred,
    ItemsDisputed,
    LateFeeStarted,
    LateFeeWaived,
    PlanAgreed,
    PlanEnded,
)
from services.ledger.domain.state import Fee, Item, order

_DEFERRED = "deferral"


def dispute_items(draft: Draft, command: c.DisputeItems) -> AccountEvent | None:
    """Put items (no ids: all open ones) in dispute: they are not overdue, bear no late fee from the
    next day on, and unnamed money passes them over.
    """
    disputed = []
    found = _found(draft, command.item_ids) if command.item_ids else list(draft.items.values())
    for item in found:
        if command.dispute_id in item.disputes or item.status in ("cancelled", "written_off"):
            continue
        disputes = (*item.disputes, command.dispute_id)
        draft.put(replace(item, disputes=disputes, fee=_stop(draft, item.fee, command.dispute_id)))
        disputed.append(item.id)
    if not disputed:
        return None
    return ItemsDisputed(draft.effects(), command.dispute_id, tuple(disputed))


def resolve_dispute(draft: Draft, command: c.ResolveDispute) -> AccountEvent | None:
    """Decide a dispute: upheld cancels its items, reduced gives them a new amount from the
    beginning, rejected owes them again.
    """
    items = [item for item in _disputed(draft, command) if item.status in ("open", "settled")]
    if not items:
        return None
    clean = [_undisputed(draft, item, command.dispute_id) for item in items]
    if command.outcome == "upheld":
        for item in clean:
            void(draft, item)
    elif command.outcome == "reduced":
        _reduce(draft, clean, command)
    draft.settle_due()
    ids = tuple(item.id for item in items)
    return DisputeResolved(
        effects=draft.effects(),
        dispute_id=command.dispute_id,
        outcome=command.outcome,
        item_ids=ids,
        amount=command.amount,
    )


def _reduce(draft: Draft, items: list[Item], command: c.ResolveDispute) -> None:
    """Share the new amount out over the disputed items, in proportion to what they were."""
    before = sum(item.amount for item in items)
    if command.amount is None or not 0 <= command.amount <= before:
        raise Rejected(
            f"dispute {command.dispute_id}: the new amount must lie between 0 and {before}, "
            f"not {command.amount}"
        )
    for item, amount in zip(items, share(command.amount, [i.amount for i in items]), strict=True):
        lower_amount(draft, item, amount, from_the_beginning=True)


def share(amount: int, weights: list[int]) -> list[int]:
    """Split an amount in proportion to weights, to the minor unit; the largest remainders get what
    rounding left over.
    """
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    parts = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for index in by_remainder[: amount - sum(parts)]:
        parts[index] += 1
    return parts


def defer_items(draft: Draft, command: c.DeferItems) -> AccountEvent | None:
    """Let items fall due on another day: until and on it nothing of them is overdue, nor bears a
    late fee.
    """
    if command.until < draft.day:
        raise Rejected(f"items cannot be deferred to {command.until}, which has passed")
    found = _found(draft, command.item_ids) if command.item_ids else draft.items.values()
    items = [item for item in found if item.status == "open"]
    for item in items:
        until = max(command.until, item.original_due_on)
        fee = item.fee
        if fee is not None:
            fee = late_fee.resumed(fee, _DEFERRED, draft.day)
            if next_day(draft.day) <= until:
                fee = late_fee.stopped(fee, _DEFERRED, next_day(draft.day), until)
        draft.put(replace(item, due_on=until, deferred_until=until, fee=fee))
    # Named items are recorded even when settled: a reversed payment may open them again.
    item_ids = command.item_ids or tuple(item.id for item in items)
    return ItemsDeferred(draft.effects(), item_ids, command.until) if item_ids else None


def agree_plan(draft: Draft, command: c.AgreePlan) -> AccountEvent:
    """Take what is open into a plan: it bears no late fee from the next day on while the plan is in
    good standing.

    A plan that was ended and runs again after all has never been broken: its items bear none of the
    days between either.
    """
    every = {**draft.closed, **draft.items}
    again = [item for item in every.values() if item.fee and _ended(item.fee, command.plan_id)]
    for item in again:
        fee = late_fee.reopened(item.fee, command.plan_id) if item.fee else None
        draft.put(replace(item, plans=(*item.plans, command.plan_id), fee=fee))
    for item in [] if again else list(draft.items.values()):
        if command.plan_id not in item.plans:
            fee = _stop(draft, item.fee, command.plan_id)
            draft.put(replace(item, plans=(*item.plans, command.plan_id), fee=fee))
    return PlanAgreed(draft.effects(), command.plan_id)


def end_plan(draft: Draft, command: c.EndPlan) -> AccountEvent:
    """Let a plan's items bear a late fee again from the next day on.

    Those that are settled too: a reversed payment or a debit note may open them again.
    """
    every = {**draft.closed, **draft.items}.values()
    items = [item for item in every if command.plan_id in item.plans]
    for item in items:
        plans = tuple(plan for plan in item.plans if plan != command.plan_id)
        draft.put(replace(item, plans=plans, fee=_resume(draft, item.fee, command.plan_id)))
    return PlanEnded(draft.effects(), command.plan_id)


def start_late_fee(draft: Draft, command: c.StartLateFee) -> AccountEvent | None:
    """Let what is overdue bear a late fee from a day on, and what becomes overdue in the same case
    from its first day.
    """
    if draft.fee_from is not None or not draft.terms.starts_on_notice or not draft.owed:
        return None
    draft.fee_from = command.from_day
    for item in list(draft.items.values()):
        if item.overdue and item.fee and item.fee.bears_from is None:
            first = max(next_day(item.original_due_on), command.from_day)
            draft.put(replace(item, fee=replace(item.fee, bears_from=first)))
    return LateFeeStarted(draft.effects(), command.from_day)


def waive_late_fee(draft: Draft, command: c.WaiveLateFee) -> AccountEvent | None:
    """Give up late fee that is due, on the oldest items first.

    It is recorded when none is due too: without a payment that is reversed there may have been
    some.
    """
    left = command.amount
    waived = []
    for item in sorted(draft.items.values(), key=order):
        due = draft.fee_due(item)
        part = due if left is None else min(due, left)
        if part and item.fee:
            draft.put(replace(item, fee=replace(item.fee, waived=item.fee.waived + part)))
            waived.append((item.id, part))
            left = None if left is None else left - part
    if not draft.terms.rates:
        return None
    return LateFeeWaived(draft.effects(), tuple(waived), command.amount)


def _disputed(draft: Draft, command: c.ResolveDispute) -> list[Item]:
    """The items a decision is about: those it names, else all that stand in the dispute."""
    if command.item_ids:
        return _found(draft, command.item_ids)
    items = {**draft.closed, **draft.items}
    return [item for item in items.values() if command.dispute_id in item.disputes]


def _found(draft: Draft, item_ids: Iterable[str]) -> list[Item]:
    return [find(draft, item_id) for item_id in item_ids]


def _ended(fee: Fee, cause: str) -> bool:
    return any(stop.cause == cause and stop.last is not None for stop in fee.stops)


def _stop(draft: Draft, fee: Fee | None, cause: str) -> Fee | None:
    return late_fee.stopped(fee, cause, next_day(draft.day)) if fee else None


def _resume(draft: Draft, fee: Fee | None, cause: str) -> Fee | None:
    """The day on which the cause ends began with it: it is the last without a fee."""
    last: date = draft.day
    return late_fee.resumed(fee, cause, last) if fee else None


def _undisputed(draft: Draft, item: Item, dispute_id: str) -> Item:
    """The item without the dispute, kept so in the draft."""
    disputes = tuple(dispute for dispute in item.disputes if dispute != dispute_id)
    clean = replace(item, disputes=disputes, fee=_resume(draft, item.fee, dispute_id))
    draft.put(clean)
    return clean
