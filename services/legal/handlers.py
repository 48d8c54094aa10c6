"""What the legal service does with what it hears: message type -> command, wake-up -> command."""

from collections.abc import Sequence

from chassis.owed import terms
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
from contracts.words.streams import creditor_of, matter_stream, terms_stream
from services.legal.domain import commands as c
from services.legal.domain import events as e
from services.legal.domain.decide import decide
from services.legal.domain.parties import Profile, told
from services.legal.drafting import Drafting

_TASKS_OF_THE_FILE = frozenset({"inventory", "storage"})


def matter_of(message: Message) -> str:
    """The stream of the account a message is about."""
    return matter_stream(message.creditor, message.subject)


_on = by_command(matter_of, decide)


def _matter(message: Message, _lane: int) -> Sequence[str]:
    return [matter_of(message)]


def _matter_of_task(message: Message, lane: int) -> Sequence[str]:
    """A task about the creditor as a whole concerns no file."""
    return () if message.data.account_id is None else _matter(message, lane)


def _matter_and_terms(message: Message, lane: int) -> Sequence[str]:
    return [*_matter(message, lane), *terms_of(message, lane)]


def _wake_streams(stream: str, lane: int) -> Sequence[str]:
    return [terms_stream(creditor_of(stream), lane)]


def _matter_if_numbered(message: Message, lane: int) -> Sequence[str]:
    return () if message.data.number is None else _matter(message, lane)


def _is_numbered(message: Message) -> bool:
    return message.data.number is not None


def debtor_upserted(work: Work, message: Message) -> c.KeepDebtor | None:
    """Keep who the debtor is and who answers for the debt, sealed; what a message leaves out stays
    as it was.
    """
    known = profile_told(work, message, work.state(matter_of(message)).profile, Profile, told)
    return None if known is None else c.KeepDebtor(known.sealed)


def debtor_erased(work: Work, message: Message) -> c.EraseDebtor:
    """Destroy the debtor's key and refuse what was still to be drawn up."""
    work.erase(debtor_of(message))
    return c.EraseDebtor()


def invoice_numbered(work: Work, message: Message) -> c.KeepNumber | None:
    """Keep what people call an invoice, sealed; most have no other name than their id."""
    data: billing.InvoiceIssued = message.data
    subject = debtor_of(message)
    if data.number is None or work.is_erased(subject):
        return None
    return c.KeepNumber(data.invoice_id, work.seal(subject, data.number, "number"))


def terms_published(work: Work, message: Message) -> None:
    """Keep the creditor's terms for this lane."""
    work.append(terms_stream(message.creditor, work.lane), [terms.published(message.data)])


def case_closed(_work: Work, message: Message) -> c.EndCase:
    """End the matter with its case."""
    data: dunning.CaseClosed = message.data
    return c.EndCase(data.reason)


def write_off_approved(_work: Work, message: Message) -> c.WriteOff:
    """Pass an approved write-off on to the ledger."""
    data: dunning.WriteOffApproved = message.data
    return c.WriteOff(
        e.DebtWrittenOff(
            approval_id=data.approval_id,
            item_ids=tuple(data.item_ids),
            amount=data.amount,
            case_id=data.case_id,
            reason="approved",
            correlation=message.correlationid,
            part=data.part,
        )
    )


def recovery_booked(_work: Work, message: Message) -> c.TakeNote:
    """Note for the file that money came in on a debt written off."""
    data: ledger.RecoveryBooked = message.data
    return c.TakeNote(
        e.RecoverySeen(
            item_id=data.item_id,
            amount=data.amount,
            currency=data.currency,
            day=data.as_of,
            payment_id=data.payment_id,
        )
    )


def task_completed(_work: Work, message: Message) -> c.TakeNote | None:
    """Note for the file that a task it is about was done."""
    data: dunning.TaskCompleted = message.data
    if data.account_id is None or data.kind not in _TASKS_OF_THE_FILE:
        return None
    return c.TakeNote(
        e.TaskReported(
            task_id=data.task_id,
            kind=data.kind,
            result=data.result,
            at=message.time,
            case_id=data.case_id,
        )
    )


def limitation_reached(_work: Work, message: Message) -> c.TakeNote:
    """Note for the matter that an item's limitation period ends, and tell others."""
    data: dunning.LimitationReached = message.data
    return c.TakeNote(
        e.LimitationReached(
            item_id=data.item_id,
            stage=data.stage,
            ends_on=data.ends_on,
            case_id=data.case_id,
            correlation=message.correlationid,
        )
    )


def messages(drafting: Drafting) -> dict[str, MessageRoute]:
    """What is done with each message."""
    return {
        billing.AccountUpserted.TYPE: MessageRoute(_matter, _on(debtor_upserted), subject=True),
        ledger.AccountErasureConfirmed.TYPE: MessageRoute(
            _matter, _on(debtor_erased), subject=True
        ),
        billing.InvoiceIssued.TYPE: MessageRoute(
            _matter_if_numbered, _on(invoice_numbered), subject=_is_numbered
        ),
        ledger.BalanceChanged.TYPE: MessageRoute(_matter, _on(balance_changed)),
        ledger.CreditorSourcesChanged.TYPE: MessageRoute(told_sources_of, sources_told),
        ledger.AccountCleared.TYPE: MessageRoute(_matter, _on(account_cleared)),
        dunning.TermsPublished.TYPE: MessageRoute(terms_of, terms_published),
        dunning.LegalRequested.TYPE: MessageRoute(
            _matter_and_terms, drafting.requested, subject=True
        ),
        dunning.CaseClosed.TYPE: MessageRoute(_matter, _on(case_closed)),
        dunning.WriteOffApproved.TYPE: MessageRoute(_matter, _on(write_off_approved)),
        dunning.TaskCompleted.TYPE: MessageRoute(_matter_of_task, _on(task_completed)),
        ledger.RecoveryBooked.TYPE: MessageRoute(_matter, _on(recovery_booked)),
        dunning.LimitationReached.TYPE: MessageRoute(_matter, _on(limitation_reached)),
    }


def wakes(drafting: Drafting) -> dict[str, WakeRoute]:
    """What is done when an aggregate wakes."""
    return {"matter": WakeRoute(drafting.wake, streams=_wake_streams, subject=True)}
