"""What the notifier does with what it hears: message type -> command, wake-up -> command."""

from collections.abc import Sequence

from chassis.owed.hearing import (
    account_cleared,
    balance_changed,
    debtor_of,
    profile_told,
    sources_told,
    terms_of,
    told_sources_of,
)
from chassis.runtime.routes import MessageRoute, WakeRoute, by_command
from chassis.store.work import Work
from contracts import billing, dunning, ledger
from contracts.codec import Message
from contracts.words.streams import account_stream, terms_stream
from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain.decide import decide
from services.notifier.domain.destinations import Profile, told
from services.notifier.domain.terms import published

_CONTACT_TASKS = frozenset({"phone_call", "visit"})
"""Tasks of which rule 7 counts each as a contact."""
DETAILS = ("time", "place")
"""Attributes of an invoice that a notice tells the debtor."""
NUMBER = "number"


def account_of(message: Message) -> str:
    """The stream of the account a message is about."""
    return account_stream(message.creditor, message.subject)


_on = by_command(account_of, decide)


def _account(message: Message, _lane: int) -> Sequence[str]:
    return [account_of(message)]


def _account_if_detailed(message: Message, lane: int) -> Sequence[str]:
    return _account(message, lane) if _details(message) else []


def debtor_upserted(work: Work, message: Message) -> c.KeepDebtor | None:
    """Keep who the debtor is, sealed; what a message leaves out stays as it was."""
    known = profile_told(work, message, work.state(account_of(message)).profile, Profile, told)
    if known is None:
        return None
    moved = known.before is None or known.before.addressed != known.profile.addressed
    return c.KeepDebtor(known.sealed, moved)


def debtor_erased(work: Work, message: Message) -> c.EraseDebtor:
    """Destroy the debtor's key and give up what has not left yet."""
    work.erase(debtor_of(message))
    return c.EraseDebtor()


def _details(message: Message) -> dict[str, str]:
    data: billing.InvoiceIssued = message.data
    given = {name: data.attributes.get(name) for name in DETAILS} | {NUMBER: data.number}
    return {name: str(value) for name, value in given.items() if value not in (None, "")}


def invoice_issued(work: Work, message: Message) -> c.KeepDetails | None:
    """Keep an invoice's number, and where and when what is owed for took place, sealed; most say
    neither.
    """
    details, subject = _details(message), debtor_of(message)
    if not details or work.is_erased(subject):
        return None
    return c.KeepDetails(message.data.invoice_id, work.seal(subject, details, "details"))


def terms_published(work: Work, message: Message) -> None:
    """Keep the creditor's terms for this lane."""
    work.append(terms_stream(message.creditor, work.lane), [published(message.data)])


def notice_requested(work: Work, message: Message) -> c.RequestNotice:
    """Take a notice on; it is sent by the dispatcher."""
    data: dunning.NoticeRequested = message.data
    return c.RequestNotice(
        e.NoticeRequested(
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
            fallback=data.fallback,
            cheapest=data.choose == "cheapest",
            mask=data.mask or "",
        )
    )


def task_requested(_work: Work, message: Message) -> c.CountContact | None:
    """Count calls and visits among the contacts of a case."""
    data: dunning.TaskRequested = message.data
    if data.kind not in _CONTACT_TASKS or data.account_id is None:
        return None
    return c.CountContact(case_id=data.case_id or "", day=data.day)


def contact_reported(_work: Work, message: Message) -> c.CountContact:
    """Count what an agency did among the contacts of the account."""
    data: dunning.ContactReported = message.data
    return c.CountContact(data.case_id or "", data.day, data.channel in _CONTACT_TASKS)


def call_planned(_work: Work, message: Message) -> c.PlanCall:
    """Whoever has other accounts is called again within the limits of all of them."""
    data: dunning.CallPlanned = message.data
    return c.PlanCall(data.notice_id, data.call, data.not_before)


def case_paused(_work: Work, message: Message) -> c.PauseCase:
    """Nothing of a paused case leaves, not even what was asked for before."""
    data: dunning.CasePaused = message.data
    return c.PauseCase(data.case_id)


def case_resumed(_work: Work, _message: Message) -> c.ResumeCase:
    """What the pause held up is looked at again."""
    return c.ResumeCase()


def hold_placed(_work: Work, _message: Message) -> c.PlaceHold:
    """Nothing at all leaves while an account is on hold."""
    return c.PlaceHold()


def hold_released(_work: Work, _message: Message) -> c.ReleaseHold:
    """What the hold alone held up is looked at again."""
    return c.ReleaseHold()


def case_closed(_work: Work, message: Message) -> c.EndCase:
    """Give up what a pause still held up."""
    data: dunning.CaseClosed = message.data
    return c.EndCase(data.case_id)


def wake_account(work: Work, stream: str) -> None:
    """Release what waited long enough."""
    work.append(stream, decide(work.state(stream), c.Wake(work.now)))


MESSAGES: dict[str, MessageRoute] = {
    billing.AccountUpserted.TYPE: MessageRoute(_account, _on(debtor_upserted), subject=True),
    ledger.AccountErasureConfirmed.TYPE: MessageRoute(_account, _on(debtor_erased), subject=True),
    billing.InvoiceIssued.TYPE: MessageRoute(
        _account_if_detailed, _on(invoice_issued), subject=True
    ),
    ledger.BalanceChanged.TYPE: MessageRoute(_account, _on(balance_changed)),
    ledger.CreditorSourcesChanged.TYPE: MessageRoute(told_sources_of, sources_told),
    ledger.AccountCleared.TYPE: MessageRoute(_account, _on(account_cleared)),
    dunning.TermsPublished.TYPE: MessageRoute(terms_of, terms_published),
    dunning.NoticeRequested.TYPE: MessageRoute(_account, _on(notice_requested)),
    dunning.TaskRequested.TYPE: MessageRoute(_account, _on(task_requested)),
    dunning.ContactReported.TYPE: MessageRoute(_account, _on(contact_reported)),
    dunning.CallPlanned.TYPE: MessageRoute(_account, _on(call_planned)),
    dunning.CasePaused.TYPE: MessageRoute(_account, _on(case_paused)),
    dunning.CaseResumed.TYPE: MessageRoute(_account, _on(case_resumed)),
    dunning.CaseClosed.TYPE: MessageRoute(_account, _on(case_closed)),
    dunning.HoldPlaced.TYPE: MessageRoute(_account, _on(hold_placed)),
    dunning.HoldReleased.TYPE: MessageRoute(_account, _on(hold_released)),
}

WAKES: dict[str, WakeRoute] = {"account": WakeRoute(wake_account)}
