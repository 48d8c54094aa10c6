"""What the legal service does with what it hears: message type -> command, wake-up -> command."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from chassis.errors import Malformed, Rejected
from chassis.logging import get_logger
from chassis.routes import MessageRoute, WakeRoute
from chassis.vault import Subject
from chassis.work import Work
from contracts import billing, dunning, ledger
from contracts.codec import Message
from services.legal.domain import decide
from services.legal.domain import events as e
from services.legal.domain.amounts import claim
from services.legal.domain.commands import Drawn
from services.legal.domain.parties import Profile
from services.legal.domain.state import Matter, PendingDocument
from services.legal.domain.terms import Terms
from services.legal.domain.terms import TermsPublished as TermsKnown
from services.legal.rendering.compose import Documents
from services.legal.settings import LegalSettings

log = get_logger(__name__)


def matter_stream(creditor: str, account: str) -> str:
    """The stream of one account's matters."""
    return f"matter-{creditor}/{account}"


def terms_stream(creditor: str, lane: int) -> str:
    """The stream of a creditor's terms as one lane heard them."""
    return f"terms-{creditor}@{lane}"


def subject_of(stream: str) -> Subject:
    """Whose personal data a matter's stream holds."""
    creditor, _, account = stream.removeprefix("matter-").partition("/")
    return Subject(creditor, account)


def _matter(message: Message, _lane: int) -> Sequence[str]:
    return [matter_stream(message.creditor, message.subject)]


def _terms(message: Message, lane: int) -> Sequence[str]:
    return [terms_stream(message.creditor, lane)]


def _matter_and_terms(message: Message, lane: int) -> Sequence[str]:
    return [*_matter(message, lane), *_terms(message, lane)]


def _wake_streams(stream: str, lane: int) -> Sequence[str]:
    return [terms_stream(subject_of(stream).creditor, lane)]


def debtor_upserted(work: Work, message: Message) -> None:
    """Keep who the debtor is, sealed; a message without a debtor leaves that as it was."""
    data: billing.AccountUpserted = message.data
    debtor = data.debtor
    stream = matter_stream(message.creditor, message.subject)
    subject = subject_of(stream)
    if debtor is None or work.is_erased(subject):
        return
    profile = Profile(
        name=debtor.name,
        kind=debtor.kind,
        id_number=debtor.id_number,
        legal_representative=debtor.legal_representative,
        registered_address=debtor.registered_address,
        phones=tuple(debtor.phones),
        addresses=tuple(debtor.addresses),
        language=debtor.language,
    )
    work.append(stream, [e.DebtorUpserted(work.seal(subject, msgspec.to_builtins(profile)))])


def debtor_erased(work: Work, message: Message) -> None:
    """Destroy the debtor's key and refuse what was still to be drawn up."""
    stream = matter_stream(message.creditor, message.subject)
    work.append(stream, decide.erase(work.state(stream)))
    work.erase(subject_of(stream))


def balance_changed(work: Work, message: Message) -> None:
    """Follow the ledger; of several parts only the last raises the version that is acted on."""
    data: ledger.BalanceChanged = message.data
    stream = matter_stream(message.creditor, message.subject)
    view = work.state(stream).ledger
    if data.ledger_version < view.version:
        return
    seen = e.LedgerSeen(
        version=view.version if data.more else data.ledger_version,
        overdue=data.overdue,
        late_fee=data.late_fee,
        oldest_due_on=data.oldest_due_on,
        currency=data.currency,
        as_of=data.as_of,
        changed=tuple(_item(one) for one in data.items if one.state == "open"),
        closed=tuple(one.item_id for one in data.items if one.state != "open"),
    )
    work.append(stream, [seen])


def account_cleared(work: Work, message: Message) -> None:
    """Nothing is overdue, whatever was last heard of the balance."""
    data: ledger.AccountCleared = message.data
    stream = matter_stream(message.creditor, message.subject)
    view = work.state(stream).ledger
    if data.ledger_version < view.version or (view.version and view.oldest_due_on is None):
        return
    seen = e.LedgerSeen(
        version=data.ledger_version,
        overdue=0,
        late_fee=0,
        oldest_due_on=None,
        currency=view.currency,
        as_of=data.as_of,
        changed=tuple(
            msgspec.structs.replace(one, overdue=False)
            for one in view.items.values()
            if one.overdue
        ),
    )
    work.append(stream, [seen])


def terms_published(work: Work, message: Message) -> None:
    """Keep the creditor's terms for this lane."""
    data: dunning.TermsPublished = message.data
    known = TermsKnown(
        time_zone=_zone(data.time_zone),
        currency=data.currency,
        languages=tuple(data.languages),
        policy=data.policy,
        version=data.version,
        name=data.name or "",
    )
    work.append(terms_stream(message.creditor, work.lane), [known])


def case_closed(work: Work, message: Message) -> None:
    """End the matter with its case."""
    data: dunning.CaseClosed = message.data
    stream = matter_stream(message.creditor, message.subject)
    work.append(stream, decide.close(work.state(stream), data.reason))


def write_off_approved(work: Work, message: Message) -> None:
    """Pass an approved write-off on to the ledger."""
    data: dunning.WriteOffApproved = message.data
    stream = matter_stream(message.creditor, message.subject)
    event = e.DebtWrittenOff(
        approval_id=data.approval_id,
        item_ids=tuple(data.item_ids),
        amount=data.amount,
        case_id=data.case_id,
        reason="approved",
        correlation=message.correlationid,
    )
    work.append(stream, decide.write_off(work.state(stream), event))


@dataclass(frozen=True)
class Drafting:
    """What takes requests for documents on and draws them up, at once or when what they wait for
    has come.
    """

    documents: Documents
    settings: LegalSettings

    def requested(self, work: Work, message: Message) -> None:
        """Take a request on."""
        data: dunning.LegalRequested = message.data
        stream = matter_stream(message.creditor, message.subject)
        wanted = e.DocumentRequested(
            request_id=data.request_id,
            document=data.document,
            case_id=data.case_id,
            ledger_version=data.ledger_version,
            requested_at=work.now,
            currency=data.currency,
            principal=data.principal,
            late_fee=data.late_fee,
            total=data.total,
            items=tuple(_claim_item(one) for one in data.items),
            policy=data.policy,
            policy_version=data.version,
            step=data.step,
            correlation=message.correlationid,
        )
        taken = decide.request(work.state(stream), wanted)
        work.append(stream, taken)
        if taken:
            self._draw(work, stream, work.state(stream).pending[data.request_id])

    def wake(self, work: Work, stream: str) -> None:
        """Look again at what waits, and at the term of a judgment."""
        state: Matter = work.state(stream)
        for one in list(state.pending.values()):
            if one.until is None or one.until <= work.now:
                self._draw(work, stream, one)
        work.append(stream, decide.judgment_term(work.state(stream), work.now))

    def _draw(self, work: Work, stream: str, request: PendingDocument) -> None:
        state: Matter = work.state(stream)
        subject = subject_of(stream)
        terms: Terms = work.state(terms_stream(subject.creditor, work.lane))
        stopped = decide.gate(state, request, terms, work.now)
        if stopped:
            work.append(stream, stopped)
            return
        today = work.now.astimezone(terms.zone).date()
        sums = claim(state.ledger, request, today)
        profile = msgspec.convert(work.open(subject, state.profile), Profile)
        office = self.settings.office(subject.creditor)
        try:
            text = self.documents.draw(request, state, profile, sums, terms, office, today)
        except Malformed as error:
            log.warning("document_unwritable", stream=stream, error=error)
            work.append(stream, [e.DocumentRefused(request.request_id, "template")])
            return
        content = work.seal(subject, {"title": text.title, "body": text.body})
        drawn = Drawn(text.sha256, content)
        work.append(stream, decide.issue(state, request, drawn, sums, today))


def _item(item: ledger.ItemState) -> e.OpenItem:
    accrual = item.accrual
    return e.OpenItem(
        item_id=item.item_id,
        item=item.item,
        due_on=item.due_on,
        principal=item.principal,
        overdue=item.overdue,
        accrual=None
        if accrual is None
        else e.Accrual(
            through=accrual.through,
            accrued=str(accrual.accrued),
            per_day=str(accrual.per_day),
            cap=accrual.cap,
            settled=accrual.settled,
        ),
    )


def _claim_item(item: dunning.ClaimItem) -> e.ClaimItem:
    return e.ClaimItem(item.item_id, item.item, item.due_on, item.principal, item.late_fee)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Rejected(f"time_zone: there is no time zone '{name}'") from error
    return name


def messages(drafting: Drafting) -> dict[str, MessageRoute]:
    """What is done with each message."""
    return {
        billing.AccountUpserted.TYPE: MessageRoute(_matter, debtor_upserted, subject=True),
        billing.AccountErased.TYPE: MessageRoute(_matter, debtor_erased, subject=True),
        ledger.BalanceChanged.TYPE: MessageRoute(_matter, balance_changed),
        ledger.AccountCleared.TYPE: MessageRoute(_matter, account_cleared),
        dunning.TermsPublished.TYPE: MessageRoute(_terms, terms_published),
        dunning.LegalRequested.TYPE: MessageRoute(
            _matter_and_terms, drafting.requested, subject=True
        ),
        dunning.CaseClosed.TYPE: MessageRoute(_matter, case_closed),
        dunning.WriteOffApproved.TYPE: MessageRoute(_matter, write_off_approved),
    }


def wakes(drafting: Drafting) -> dict[str, WakeRoute]:
    """What is done when an aggregate wakes."""
    return {"matter": WakeRoute(drafting.wake, streams=_wake_streams, subject=True)}
