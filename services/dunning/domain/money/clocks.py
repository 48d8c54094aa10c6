"""When the limitation period of an item ends; no decision is taken here."""

from datetime import date

from msgspec.structs import replace

from services.dunning.domain.account import Account
from services.dunning.domain.localtime import months_after
from services.dunning.domain.money.state import Clock, Restart

_MONTHS = 12


def years_after(day: date, years: int) -> date:
    """The anniversary of a day; of 29 February the 28th where the year has no other."""
    return months_after(day, _MONTHS * years)


def ends_on(state: Account, item_id: str, due_on: date, years: int) -> date:
    """The last day of an item's limitation period: it runs from its due date, or from the latest
    restart after it; what came when the period had expired restarted nothing.
    """
    clock = state.clocks.get(item_id)
    end = years_after(due_on, years)
    for on in sorted(restart.on for restart in clock.restarts) if clock else ():
        if due_on < on <= end:
            end = years_after(on, years)
    return end


def restarted(clocks: dict[str, Clock], ids: tuple[str, ...], restart: Restart) -> dict[str, Clock]:
    """The clocks once a cause has restarted these items, and no others any more."""
    changed = without_cause(clocks, restart.cause)
    for item_id in ids:
        clock = changed.get(item_id, Clock())
        changed[item_id] = replace(clock, restarts=(*clock.restarts, restart))
    return changed


def without_cause(clocks: dict[str, Clock], cause: str) -> dict[str, Clock]:
    """The clocks as if a cause had never been."""
    return {
        item_id: replace(clock, restarts=tuple(r for r in clock.restarts if r.cause != cause))
        for item_id, clock in clocks.items()
    }


def reversed_payment(
    clocks: dict[str, Clock], payment_id: str, amount: int | None
) -> dict[str, Clock]:
    """The clocks once some of a payment, or all of it, counts as never made: while a part of it is
    left, it was a part payment.
    """

    def left(restart: Restart) -> Restart | None:
        if restart.cause != payment_id:
            return restart
        still = 0 if amount is None else restart.amount - amount
        return replace(restart, amount=still) if still > 0 else None

    return {
        item_id: replace(clock, restarts=tuple(r for r in map(left, clock.restarts) if r))
        for item_id, clock in clocks.items()
    }
