"""What happens in a matter next: pure decisions over its state."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Any

from msgspec.structs import replace

from chassis.errors import Rejected
from chassis.gathering import gathered
from chassis.owed import gate
from chassis.owed.debtor import DebtorErased, DebtorUpserted
from chassis.owed.ledger import (
    FollowBalance,
    FollowClearance,
    LedgerSeen,
    follow_balance,
    follow_clearance,
)
from contracts import ledger
from contracts.base import AMOUNT_MAX
from contracts.words.identifiers import LENGTH_MAX
from contracts.words.vocabulary import DOCUMENTS
from services.legal.domain import commands as c
from services.legal.domain import events as e
from services.legal.domain import file
from services.legal.domain.state import Matter

_UNKNOWN = {"profile": "no_debtor", "terms": "no_terms"}
"""Why a document is given up that waited too long."""


def decide(state: Matter, command: c.Command) -> list[e.Event]:
    """What follows from a command; nothing when there is nothing to do.

    Raises `Rejected` or `NotFound` with the reason when the rules refuse it.
    """
    return [*_DECIDERS[type(command)](state, command)]


def wake_at(state: Matter) -> datetime | None:
    """When a waiting document or the term of a judgment is to be looked at."""
    instants = [one.until for one in state.pending.values() if one.until is not None]
    if state.judgment is not None and not state.judgment.settled:
        instants.append(state.judgment.ends)
    return min(instants, default=None)


def keep_debtor(state: Matter, command: c.KeepDebtor) -> list[e.Event]:
    """Keep who the debtor is."""
    return [DebtorUpserted(command.sealed)]


def erase_debtor(state: Matter, command: c.EraseDebtor) -> list[e.Event]:
    """Forget the debtor, and refuse what was still to be drawn up."""
    if state.erased:
        return []
    return [*(e.DocumentRefused(one, "erased") for one in state.pending), DebtorErased()]


def keep_number(state: Matter, command: c.KeepNumber) -> list[e.Event]:
    """Keep what people call an invoice."""
    return [e.InvoiceNumbered(command.item_id, command.sealed)]


def take_in_balance(state: Matter, command: FollowBalance) -> list[LedgerSeen]:
    """Follow the ledger where something is or was overdue, or a document waits: nothing is drawn up
    about what has yet to fall due, and most accounts never are more than that.
    """
    if _says_nothing(state, command.balance):
        return []
    return follow_balance(state.ledger, command)


def _says_nothing(state: Matter, told: ledger.BalanceChanged) -> bool:
    """Whether a balance is of no concern: what is known of an item is followed to its end, and who
    asks for a document may call an item overdue by the calendar before the ledger does.
    """
    view = state.ledger
    return (
        told.oldest_due_on is None
        and view.oldest_due_on is None
        and not state.open
        and not state.pending
        and not any(item.item_id in view.items or item.due_on <= told.as_of for item in told.items)
    )


def take_in_clearance(state: Matter, command: FollowClearance) -> list[LedgerSeen]:
    """Follow the ledger to where nothing is overdue."""
    return follow_clearance(state.ledger, command)


def take_note(state: Matter, command: c.TakeNote) -> list[e.Event]:
    """Keep with the file what others say happened."""
    return [command.fact]


def request(state: Matter, command: c.RequestDocument) -> list[e.Event]:
    """Take a request on; asking twice for the same changes nothing."""
    wanted = command.wanted
    if wanted.document not in DOCUMENTS:
        raise Rejected(f"request {wanted.request_id}: no document is called '{wanted.document}'")
    if wanted.request_id in state.pending or wanted.request_id in state.documents:
        return []
    if wanted.principal + wanted.late_fee > AMOUNT_MAX:
        raise Rejected(
            f"request {wanted.request_id}: principal and late fee come to "
            f"{wanted.principal + wanted.late_fee}; no more than {AMOUNT_MAX} can be claimed"
        )
    told = (state.claims or {}).get(wanted.request_id, ())
    parts = gathered(told, command.part, wanted.items, f"request {wanted.request_id}")
    if command.more:
        return [e.ClaimTold(wanted.request_id, command.part or 0, wanted.items)]
    return [replace(wanted, items=tuple(chain.from_iterable(parts)))]


def check(state: Matter, command: c.CheckDocument) -> list[e.Event]:
    """Why a document is not drawn up now: a refusal or a wait; empty when it can be."""
    request, now = state.pending[command.request_id], command.now
    if state.erased:
        return [e.DocumentRefused(request.request_id, "erased")]
    today = now.astimezone(command.terms.zone).date() if command.terms.time_zone else None
    if gate.is_cleared(state.ledger, request, today):
        return [e.DocumentRefused(request.request_id, "cleared")]
    known, terms = bool(state.profile), bool(command.terms.time_zone)
    missing = gate.missing(state.ledger, request, now, today, profile=known, terms=terms)
    if missing is None:
        return []
    until = gate.look_again(request, now)
    if until is None:
        return [e.DocumentRefused(request.request_id, _UNKNOWN[missing])]
    return [e.DocumentDeferred(request.request_id, until, missing)]


def issue(state: Matter, command: c.IssueDocument) -> list[e.Event]:
    """Issue a document, and open the matter when it is the first."""
    request, claim = state.pending[command.request_id], command.claim
    opened = _opened(state, request.case_id, command.day)
    return [
        *opened,
        e.DocumentIssued(
            document_id=request.request_id,
            document=request.document,
            matter_id=opened[0].matter_id if opened else state.matter_id,
            day=command.day,
            principal=claim.principal,
            late_fee=claim.late_fee,
            total=claim.total,
            currency=claim.currency,
            sha256=command.sha256,
            content=command.content,
            ledger_version=max(request.ledger_version, state.ledger.version),
            case_id=request.case_id,
            step=request.step,
            correlation=request.correlation,
        ),
    ]


def refuse(state: Matter, command: c.RefuseDocument) -> list[e.Event]:
    """Give a document up that cannot be written."""
    return [e.DocumentRefused(command.request_id, command.reason)]


def record_filing(state: Matter, command: c.RecordFiling) -> list[e.Event]:
    """The document lies in its folder."""
    return [e.DocumentFiled(command.document_id, command.pdf_sha256)]


def record_purge(state: Matter, command: c.RecordPurge) -> list[e.Event]:
    """The files of an erased debtor are gone, once."""
    return [e.FilesPurged()] if state.purge_due else []


def progress(state: Matter, command: c.RecordProgress) -> list[e.Event]:
    """Record what happened; a matter that nobody opened opens with it."""
    if command.amount is not None and command.amount < 0:
        raise Rejected(f"progress '{command.step}': the amount {command.amount} is below zero")
    if command.step == "judgment" and (command.pay_by is None or command.pay_by_ends is None):
        raise Rejected("progress 'judgment': the last day to pay is missing")
    judgment = command.step == "judgment"
    opened = _opened(state, None, command.day)
    happened = e.MatterProgressed(
        matter_id=opened[0].matter_id if opened else state.matter_id,
        case_id=state.case_id if state.open else None,
        step=command.step,
        day=command.day,
        by=command.by,
        amount=command.amount,
        pay_by=command.pay_by if judgment else None,
        pay_by_ends=command.pay_by_ends if judgment else None,
        note=command.note,
    )
    return [*opened, happened]


def end_term(state: Matter, command: c.EndTerm) -> list[e.Event]:
    """When the term of a judgment is over: say so if money is still owed."""
    judgment = state.judgment
    if judgment is None or judgment.settled or command.now < judgment.ends:
        return []
    if state.ledger.oldest_due_on is None and state.ledger.version > 0:
        return [e.JudgmentMet(state.matter_id)]
    return [e.JudgmentTermExpired(state.matter_id, judgment.pay_by, state.ledger.overdue)]


def write_off(state: Matter, command: c.WriteOff) -> list[e.Event]:
    """Pass an approved write-off on to the ledger, once, and note what the file holds for it. Told
    in parts each is passed on: what is given up already stays so.
    """
    approved = command.approved
    if approved.approval_id in state.written_off and not approved.part:
        return []
    return [file.with_evidence(state, approved)]


def end_case(state: Matter, command: c.EndCase) -> list[e.Event]:
    """End the matter with its case; documents still waiting are not drawn up any more."""
    refused = [e.DocumentRefused(one, "closed") for one in state.pending]
    if not state.open:
        return [*refused]
    return [*refused, e.MatterClosed(state.matter_id, command.reason, state.case_id)]


def _opened(state: Matter, case_id: str | None, day: date) -> list[e.MatterOpened]:
    if state.open:
        return []
    return [e.MatterOpened(_matter_id(state), case_id, day)]


def _matter_id(state: Matter) -> str:
    """The account's next matter; an account id that leaves no room for the number is shortened."""
    suffix = f".m{state.number + 1}"
    return state.account[: LENGTH_MAX - len(suffix)] + suffix


_DECIDERS: dict[type, Callable[[Matter, Any], Sequence[e.Event]]] = {
    c.KeepDebtor: keep_debtor,
    c.EraseDebtor: erase_debtor,
    c.KeepNumber: keep_number,
    FollowBalance: take_in_balance,
    FollowClearance: take_in_clearance,
    c.TakeNote: take_note,
    c.RequestDocument: request,
    c.CheckDocument: check,
    c.IssueDocument: issue,
    c.RefuseDocument: refuse,
    c.RecordFiling: record_filing,
    c.RecordPurge: record_purge,
    c.RecordProgress: progress,
    c.EndTerm: end_term,
    c.WriteOff: write_off,
    c.IncurCost: file.incur_cost,
    c.TakeInventory: file.take_inventory,
    c.MoveGoods: file.move_goods,
    c.CloseMatter: file.close_matter,
    c.EndCase: end_case,
}
