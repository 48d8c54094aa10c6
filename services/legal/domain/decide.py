"""What happens in a matter next: pure decisions over its state."""

from datetime import date, datetime, timedelta

from chassis.errors import Rejected
from contracts.words.identifiers import LENGTH_MAX
from contracts.words.vocabulary import DOCUMENTS
from services.legal.domain import events as e
from services.legal.domain.amounts import Claim
from services.legal.domain.commands import Drawn, RecordProgress
from services.legal.domain.file import with_evidence
from services.legal.domain.state import Matter, PendingDocument
from services.legal.domain.terms import Terms

LEDGER_WAIT_MAX = timedelta(minutes=10)
"""How long a document waits for the ledger's figures it was decided on."""
PROFILE_WAIT_MAX = timedelta(hours=24)
"""How long a document waits for the debtor's name or the creditor's terms."""
_WAIT_MIN = timedelta(minutes=1)
_WAIT_MAX = timedelta(hours=1)


def wake_at(state: Matter) -> datetime | None:
    """When a waiting document or the term of a judgment is to be looked at."""
    instants = [one.until for one in state.pending.values() if one.until is not None]
    if state.judgment is not None and not state.judgment.settled:
        instants.append(state.judgment.ends)
    return min(instants, default=None)


def request(state: Matter, event: e.DocumentRequested) -> list[e.Event]:
    """Take a request on; asking twice for the same changes nothing."""
    if event.document not in DOCUMENTS:
        raise Rejected(f"request {event.request_id}: no document is called '{event.document}'")
    if event.request_id in state.pending or event.request_id in state.documents:
        return []
    return [event]


def gate(state: Matter, request: PendingDocument, terms: Terms, now: datetime) -> list[e.Event]:
    """Why a document is not drawn up now: a refusal or a wait; empty when it can be."""
    if state.erased:
        return [e.DocumentRefused(request.request_id, "erased")]
    view = state.ledger
    fresh = view.version > 0 and view.version >= request.ledger_version
    if fresh and view.oldest_due_on is None:
        return [e.DocumentRefused(request.request_id, "cleared")]
    waited = now - request.requested_at
    if not state.profile or not terms.time_zone:
        if waited >= PROFILE_WAIT_MAX:
            reason = "no_terms" if state.profile else "no_debtor"
            return [e.DocumentRefused(request.request_id, reason)]
        return _wait(request, waited, now, "terms" if state.profile else "profile")
    if not fresh and waited < LEDGER_WAIT_MAX:
        return _wait(request, waited, now, "ledger")
    return []


def issue(
    state: Matter, request: PendingDocument, drawn: Drawn, claim: Claim, day: date
) -> list[e.Event]:
    """Issue a document, and open the matter when it is the first."""
    opened = _opened(state, request.case_id, day)
    return [
        *opened,
        e.DocumentIssued(
            document_id=request.request_id,
            document=request.document,
            matter_id=opened[0].matter_id if opened else state.matter_id,
            day=day,
            principal=claim.principal,
            late_fee=claim.late_fee,
            total=claim.total,
            currency=claim.currency,
            sha256=drawn.sha256,
            content=drawn.content,
            ledger_version=max(request.ledger_version, state.ledger.version),
            case_id=request.case_id,
            step=request.step,
            correlation=request.correlation,
        ),
    ]


def progress(state: Matter, command: RecordProgress) -> list[e.Event]:
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


def judgment_term(state: Matter, now: datetime) -> list[e.Event]:
    """When the term of a judgment is over: say so if money is still owed."""
    judgment = state.judgment
    if judgment is None or judgment.settled or now < judgment.ends:
        return []
    if state.ledger.oldest_due_on is None and state.ledger.version > 0:
        return [e.JudgmentMet(state.matter_id)]
    return [e.JudgmentTermExpired(state.matter_id, judgment.pay_by, state.ledger.overdue)]


def write_off(state: Matter, event: e.DebtWrittenOff) -> list[e.Event]:
    """Pass an approved write-off on to the ledger, once, and note what the file holds for it."""
    return [] if event.approval_id in state.written_off else [with_evidence(state, event)]


def close(state: Matter, reason: str) -> list[e.Event]:
    """End the matter with its case; documents still waiting are not drawn up any more."""
    refused = [e.DocumentRefused(one, "closed") for one in state.pending]
    closed = [e.MatterClosed(state.matter_id, reason, state.case_id)] if state.open else []
    return [*refused, *closed]


def erase(state: Matter) -> list[e.Event]:
    """Forget the debtor."""
    if state.erased:
        return []
    return [*(e.DocumentRefused(one, "erased") for one in state.pending), e.DebtorErased()]


def _opened(state: Matter, case_id: str | None, day: date) -> list[e.MatterOpened]:
    if state.open:
        return []
    return [e.MatterOpened(_matter_id(state), case_id, day)]


def _matter_id(state: Matter) -> str:
    """The account's next matter; an account id that leaves no room for the number is shortened."""
    suffix = f".m{state.number + 1}"
    return state.account[: LENGTH_MAX - len(suffix)] + suffix


def _wait(request: PendingDocument, waited: timedelta, now: datetime, reason: str) -> list[e.Event]:
    pause = min(max(waited, _WAIT_MIN), _WAIT_MAX)
    return [e.DocumentDeferred(request.request_id, now + pause, reason)]
