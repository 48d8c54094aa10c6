"""How each event changes what the legal service remembers of a matter."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from chassis.owed.debtor import DebtorErased, DebtorUpserted, kept_latest
from chassis.owed.ledger import LedgerSeen, seen
from chassis.store.aggregate import evolver
from services.legal.domain import events as e
from services.legal.domain.file import listed
from services.legal.domain.state import Judgment, Matter, PendingDocument

DOCUMENTS_KEPT_MAX = 200
"""Ids kept to recognise a repeated request."""


NUMBERS_KEPT_MAX = 100
"""Of how many invoices, the latest ones, a matter knows the numbers."""


def _debtor_upserted(state: Matter, event: DebtorUpserted) -> Matter:
    return replace(state, profile=event.sealed, pending=_released(state, "profile"))


def _debtor_erased(state: Matter, _event: DebtorErased) -> Matter:
    return replace(state, profile=b"", numbers={}, erased=True, purge_due=True)


def _invoice_numbered(state: Matter, event: e.InvoiceNumbered) -> Matter:
    return replace(
        state, numbers=kept_latest(state.numbers, event.item_id, event.sealed, NUMBERS_KEPT_MAX)
    )


def _ledger_seen(state: Matter, event: LedgerSeen) -> Matter:
    return replace(state, ledger=seen(state.ledger, event), pending=_released(state, "ledger"))


def _claim_told(state: Matter, event: e.ClaimTold) -> Matter:
    claims = dict(state.claims or {})
    told = claims.get(event.request_id, ())
    claims[event.request_id] = (*told[: event.part], event.items)
    return replace(state, claims=claims)


def _requested(state: Matter, event: e.DocumentRequested) -> Matter:
    pending = msgspec.convert(msgspec.structs.asdict(event), PendingDocument)
    claims = {k: told for k, told in (state.claims or {}).items() if k != event.request_id}
    requests = {**state.pending, event.request_id: pending}
    return replace(state, pending=requests, claims=claims or UNSET)


def _deferred(state: Matter, event: e.DocumentDeferred) -> Matter:
    pending = replace(state.pending[event.request_id], until=event.until, reason=event.reason)
    return replace(state, pending={**state.pending, event.request_id: pending})


def _refused(state: Matter, event: e.DocumentRefused) -> Matter:
    return _settled(state, event.request_id)


def _opened(state: Matter, event: e.MatterOpened) -> Matter:
    return replace(
        state,
        number=state.number + 1,
        open=True,
        matter_id=event.matter_id,
        case_id=event.case_id,
        stage="opened",
        judgment=None,
    )


def _issued(state: Matter, event: e.DocumentIssued) -> Matter:
    words = f"{event.document} {event.document_id} of {event.day}"
    return listed(_settled(state, event.document_id), words)


def _cost(state: Matter, event: e.CostIncurred) -> Matter:
    return replace(state, costs={**state.costs, event.number: event.amount})


def _inventory(state: Matter, event: e.InventoryTaken) -> Matter:
    inventories = {**state.inventories, event.number: event.sha256}
    words = f"inventory {event.number} of {event.day}, {event.entries} entries"
    return listed(replace(state, inventories=inventories), words)


def _stored(state: Matter, event: e.GoodsStored) -> Matter:
    return listed(state, f"goods of inventory {event.number} {event.what} on {event.day}")


def _task(state: Matter, event: e.TaskReported) -> Matter:
    result = f": {event.result}" if event.result else ""
    return listed(state, f"task {event.kind} {event.task_id} done{result}")


def _unchanged(state: Matter, _event: e.Event) -> Matter:
    return state


def _progressed(state: Matter, event: e.MatterProgressed) -> Matter:
    judgment = state.judgment
    if event.pay_by is not None and event.pay_by_ends is not None:
        judgment = Judgment(event.day, event.amount, event.pay_by, event.pay_by_ends)
    return listed(
        replace(state, stage=event.step, judgment=judgment), f"{event.step} of {event.day}"
    )


def _judgment_over(state: Matter, _event: e.JudgmentTermExpired | e.JudgmentMet) -> Matter:
    settled = replace(state.judgment, settled=True) if state.judgment else None
    return replace(state, judgment=settled)


def _written_off(state: Matter, event: e.DebtWrittenOff) -> Matter:
    return replace(state, written_off=(*state.written_off, event.approval_id))


def _closed(state: Matter, _event: e.MatterClosed) -> Matter:
    return replace(state, open=False, stage="closed", judgment=None)


def _purged(state: Matter, _event: e.FilesPurged) -> Matter:
    return replace(state, purge_due=False)


def _released(state: Matter, reason: str) -> dict[str, PendingDocument]:
    """What waited for something that has come is due at once."""
    return {
        key: replace(one, until=one.requested_at, reason="") if one.reason == reason else one
        for key, one in state.pending.items()
    }


def _settled(state: Matter, request_id: str) -> Matter:
    return replace(
        state,
        pending={key: one for key, one in state.pending.items() if key != request_id},
        documents=(*state.documents, request_id)[-DOCUMENTS_KEPT_MAX:],
    )


_EVOLVE: dict[type, Callable[[Matter, Any], Matter]] = {
    DebtorUpserted: _debtor_upserted,
    DebtorErased: _debtor_erased,
    e.InvoiceNumbered: _invoice_numbered,
    LedgerSeen: _ledger_seen,
    e.ClaimTold: _claim_told,
    e.DocumentRequested: _requested,
    e.DocumentDeferred: _deferred,
    e.DocumentRefused: _refused,
    e.MatterOpened: _opened,
    e.DocumentIssued: _issued,
    e.DocumentFiled: _unchanged,
    e.MatterProgressed: _progressed,
    e.JudgmentTermExpired: _judgment_over,
    e.JudgmentMet: _judgment_over,
    e.DebtWrittenOff: _written_off,
    e.CostIncurred: _cost,
    e.InventoryTaken: _inventory,
    e.GoodsStored: _stored,
    e.TaskReported: _task,
    e.RecoverySeen: _unchanged,
    e.LimitationReached: _unchanged,
    e.MatterClosed: _closed,
    e.FilesPurged: _purged,
}

evolve: Callable[[Matter, e.Event], Matter] = evolver(_EVOLVE)
"""The matter after an event."""
