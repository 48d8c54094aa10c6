"""What is kept in an account's file beside documents: costs, inventories, what was given up."""

from msgspec.structs import replace

from chassis.errors import NotFound, Rejected
from services.legal.domain import events as e
from services.legal.domain.commands import CloseMatter, IncurCost, MoveGoods, TakeInventory
from services.legal.domain.state import Matter

KEPT_MAX = 500
"""Entries of the evidence list kept in the state; older ones stay in the events."""


def incur_cost(state: Matter, command: IncurCost) -> list[e.Event]:
    """Book a cost of the running matter; the same receipt again changes nothing."""
    known = state.costs.get(command.number)
    if known is not None:
        if known == command.amount:
            return []
        raise Rejected(f"cost {command.number} is booked already, with another amount: {known}")
    if not state.open:
        raise Rejected("no matter runs that could cost anything")
    if command.due_on < command.day:
        raise Rejected(f"cost {command.number} is due on {command.due_on}, before it was incurred")
    return [
        e.CostIncurred(
            number=command.number,
            item_id=f"cost:{command.number}",
            item=command.item,
            matter_id=state.matter_id,
            amount=command.amount,
            currency=command.currency,
            day=command.day,
            due_on=command.due_on,
            by=command.by,
            case_id=state.case_id,
            note=command.note,
        )
    ]


def take_inventory(state: Matter, command: TakeInventory) -> list[e.Event]:
    """Keep a list with the account's file, matter or not; the same again changes nothing."""
    known = state.inventories.get(command.number)
    if known in (command.sha256, command.bare_sha256):
        return []
    if known is not None:
        raise Rejected(f"inventory {command.number} is taken already, with another list")
    return [
        e.InventoryTaken(
            number=command.number,
            day=command.day,
            entries=command.entries,
            sha256=command.sha256,
            content=command.content,
            by=command.by,
            case_id=_case(state),
        )
    ]


def move_goods(state: Matter, command: MoveGoods) -> list[e.Event]:
    """Record storage, or that goods were given out, for an inventory that was taken."""
    if command.number not in state.inventories:
        raise NotFound(f"there is no inventory {command.number}")
    return [
        e.GoodsStored(
            number=command.number,
            day=command.day,
            what=command.what,
            content=command.content,
            by=command.by,
            case_id=_case(state),
        )
    ]


def close_matter(state: Matter, command: CloseMatter) -> list[e.Event]:
    """End the running matter by decision; documents still waiting are drawn up all the same."""
    if not state.open:
        raise Rejected("no matter runs that could be closed")
    return [
        e.MatterClosed(
            state.matter_id, command.reason, state.case_id, by=command.by, note=command.note
        )
    ]


def with_evidence(state: Matter, event: e.DebtWrittenOff) -> e.DebtWrittenOff:
    """The write-off with the list of what the file holds to justify it."""
    return replace(event, evidence=state.evidence)


def listed(state: Matter, words: str) -> Matter:
    """The matter with one more entry in its evidence list."""
    return replace(state, evidence=(*state.evidence, words)[-KEPT_MAX:])


def _case(state: Matter) -> str | None:
    return state.case_id if state.open else None
