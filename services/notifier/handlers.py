"""What the notifier does with what it hears: message type -> command, wake-up -> command."""

from collections.abc import Sequence
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from chassis.errors import Rejected
from chassis.runtime.routes import MessageRoute, WakeRoute
from chassis.store.work import Work
from contracts import billing, dunning, ledger
from contracts.codec import Message
from contracts.words.streams import Subject, account_stream, terms_stream
from services.notifier.domain import decide
from services.notifier.domain import events as e
from services.notifier.domain.destinations import Profile
from services.notifier.domain.state import Account
from services.notifier.domain.terms import CONTACT_FROM, CONTACT_UNTIL, CONTACTS_MAX
from services.notifier.domain.terms import TermsPublished as TermsKnown

_CONTACT_TASKS = frozenset({"phone_call", "visit"})
"""Tasks of which rule 7 counts each as a contact."""
DETAILS = ("time", "place")
"""Attributes of an invoice that a notice tells the debtor."""
NUMBER = "number"


def _account(message: Message, _lane: int) -> Sequence[str]:
    return [account_stream(message.creditor, message.subject)]


def _terms(message: Message, lane: int) -> Sequence[str]:
    return [terms_stream(message.creditor, lane)]


def _subject(message: Message) -> Subject:
    return Subject(message.creditor, message.subject)


def debtor_upserted(work: Work, message: Message) -> None:
    """Keep who the debtor is, sealed; what a message leaves out stays as it was."""
    data: billing.AccountUpserted = message.data
    subject = _subject(message)
    if (data.debtor is None and data.number is None) or work.is_erased(subject):
        return
    stream = account_stream(message.creditor, message.subject)
    before = work.open(subject, work.state(stream).profile)
    known = msgspec.convert(before or {}, Profile)
    profile = known if data.debtor is None else _debtor(data.debtor, known)
    if data.number is not None:
        profile = msgspec.structs.replace(profile, number=data.number)
    sealed = work.seal(subject, msgspec.to_builtins(profile))
    moved = before is None or known.addressed != profile.addressed
    work.append(stream, [e.DebtorUpserted(sealed, moved)])
    work.append(stream, decide.release(work.state(stream), "profile"))


def _debtor(debtor: billing.DebtorPart, known: Profile) -> Profile:
    return Profile(
        name=debtor.name,
        kind=debtor.kind,
        legal_representative=debtor.legal_representative,
        registered_address=debtor.registered_address,
        phones=tuple(debtor.phones),
        emails=tuple(debtor.emails),
        addresses=tuple(debtor.addresses),
        language=debtor.language,
        number=known.number,
    )


def debtor_erased(work: Work, message: Message) -> None:
    """Destroy the debtor's key and give up what has not left yet."""
    stream = account_stream(message.creditor, message.subject)
    work.append(stream, decide.erase(work.state(stream)))
    work.erase(_subject(message))


def _account_if_detailed(message: Message, lane: int) -> Sequence[str]:
    return _account(message, lane) if _details(message) else []


def _details(message: Message) -> dict[str, str]:
    data: billing.InvoiceIssued = message.data
    given = {name: data.attributes.get(name) for name in DETAILS} | {NUMBER: data.number}
    return {name: str(value) for name, value in given.items() if value not in (None, "")}


def invoice_issued(work: Work, message: Message) -> None:
    """Keep an invoice's number, and where and when what is owed for took place, sealed; most say
    neither.
    """
    details = _details(message)
    subject = _subject(message)
    if details and not work.is_erased(subject):
        kept = e.InvoiceDetailed(message.data.invoice_id, work.seal(subject, details))
        work.append(account_stream(message.creditor, message.subject), [kept])


def balance_changed(work: Work, message: Message) -> None:
    """Follow the ledger; of several parts only the last raises the version that is acted on."""
    data: ledger.BalanceChanged = message.data
    stream = account_stream(message.creditor, message.subject)
    state: Account = work.state(stream)
    if data.ledger_version < state.ledger.version:
        return
    seen = e.LedgerSeen(
        version=state.ledger.version if data.more else data.ledger_version,
        overdue=data.overdue,
        late_fee=data.late_fee,
        oldest_due_on=data.oldest_due_on,
        currency=data.currency,
        as_of=data.as_of,
        changed=tuple(_item(one) for one in data.items if one.state == "open"),
        closed=tuple(one.item_id for one in data.items if one.state != "open"),
        prepaid=data.prepaid,
    )
    work.append(stream, [seen])
    work.append(stream, decide.release(work.state(stream), "ledger"))


def account_cleared(work: Work, message: Message) -> None:
    """Nothing is overdue, whatever was last heard of the balance."""
    data: ledger.AccountCleared = message.data
    stream = account_stream(message.creditor, message.subject)
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
        prepaid=view.prepaid,
    )
    work.append(stream, [seen])


def terms_published(work: Work, message: Message) -> None:
    """Keep the creditor's terms for this lane."""
    data: dunning.TermsPublished = message.data
    contact = data.contact
    known = TermsKnown(
        time_zone=_zone(data.time_zone),
        currency=data.currency,
        languages=tuple(data.languages),
        policy=data.policy,
        version=data.version,
        name=data.name or "",
        contact_from=time.fromisoformat(contact.from_hour) if contact else CONTACT_FROM,
        contact_until=time.fromisoformat(contact.until_hour) if contact else CONTACT_UNTIL,
        contacts_max=contact.per_seven_days if contact else CONTACTS_MAX,
        calendar=data.calendar or "",
        closed_days=tuple(data.closed_days),
    )
    work.append(terms_stream(message.creditor, work.lane), [known])


def notice_requested(work: Work, message: Message) -> None:
    """Take a notice on; it is sent by the dispatcher."""
    data: dunning.NoticeRequested = message.data
    stream = account_stream(message.creditor, message.subject)
    wanted = e.NoticeRequested(
        notice_id=data.notice_id,
        purpose=data.purpose,
        channel=data.channel,
        recipients=data.recipients,
        template=data.template,
        needs_overdue=data.needs_overdue,
        ledger_version=data.ledger_version,
        requested_at=work.now,
        case_id=data.case_id,
        respond_by=data.respond_by,
        variables=dict(data.variables),
        policy=data.policy,
        policy_version=data.version,
        step=data.step,
        correlation=message.correlationid,
    )
    work.append(stream, decide.request(work.state(stream), wanted))


def task_requested(work: Work, message: Message) -> None:
    """Count calls and visits among the contacts of a case."""
    data: dunning.TaskRequested = message.data
    if data.kind not in _CONTACT_TASKS or data.account_id is None:
        return
    stream = account_stream(message.creditor, message.subject)
    work.append(stream, [e.ContactSeen(case_id=data.case_id or "", day=data.day)])


def case_paused(work: Work, message: Message) -> None:
    """Nothing of a paused case leaves, not even what was asked for before."""
    data: dunning.CasePaused = message.data
    stream = account_stream(message.creditor, message.subject)
    work.append(stream, decide.pause(work.state(stream), data.case_id))


def case_resumed(work: Work, message: Message) -> None:
    """What the pause held up is looked at again."""
    stream = account_stream(message.creditor, message.subject)
    work.append(stream, decide.release(work.state(stream), e.PAUSED))


def hold_placed(work: Work, message: Message) -> None:
    """Nothing at all leaves while an account is on hold."""
    stream = account_stream(message.creditor, message.subject)
    work.append(stream, decide.hold(work.state(stream)))


def hold_released(work: Work, message: Message) -> None:
    """What the hold alone held up is looked at again."""
    stream = account_stream(message.creditor, message.subject)
    work.append(stream, decide.release_hold(work.state(stream)))


def case_closed(work: Work, message: Message) -> None:
    """Give up what a pause still held up."""
    data: dunning.CaseClosed = message.data
    stream = account_stream(message.creditor, message.subject)
    work.append(stream, decide.close(work.state(stream), data.case_id))


def wake_account(work: Work, stream: str) -> None:
    """Release what waited long enough."""
    work.append(stream, decide.wake(work.state(stream), work.now))


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


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Rejected(f"time_zone: there is no time zone '{name}'") from error
    return name


MESSAGES: dict[str, MessageRoute] = {
    billing.AccountUpserted.TYPE: MessageRoute(_account, debtor_upserted, subject=True),
    billing.AccountErased.TYPE: MessageRoute(_account, debtor_erased, subject=True),
    billing.InvoiceIssued.TYPE: MessageRoute(_account_if_detailed, invoice_issued, subject=True),
    ledger.BalanceChanged.TYPE: MessageRoute(_account, balance_changed),
    ledger.AccountCleared.TYPE: MessageRoute(_account, account_cleared),
    dunning.TermsPublished.TYPE: MessageRoute(_terms, terms_published),
    dunning.NoticeRequested.TYPE: MessageRoute(_account, notice_requested),
    dunning.TaskRequested.TYPE: MessageRoute(_account, task_requested),
    dunning.CasePaused.TYPE: MessageRoute(_account, case_paused),
    dunning.CaseResumed.TYPE: MessageRoute(_account, case_resumed),
    dunning.CaseClosed.TYPE: MessageRoute(_account, case_closed),
    dunning.HoldPlaced.TYPE: MessageRoute(_account, hold_placed),
    dunning.HoldReleased.TYPE: MessageRoute(_account, hold_released),
}

WAKES: dict[str, WakeRoute] = {"account": WakeRoute(wake_account)}
