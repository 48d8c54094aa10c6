"""What other services and upstream tell an account."""

from services.dunning.domain.agreements.keeping import count_payment, counting, discount_payment
from services.dunning.domain.case.casework import reassess
from services.dunning.domain.case.commands import ConfirmRestriction, Reassess, RecordObservation
from services.dunning.domain.case.death import DECEASED, stop_for_death
from services.dunning.domain.case.events import ObservationRecorded, RestrictionConfirmed
from services.dunning.domain.case.reacting import react
from services.dunning.domain.contact.commands import EraseAccount, UpdateAccount
from services.dunning.domain.contact.events import AccountErased, AccountUpdated
from services.dunning.domain.money.commands import (
    MarkInvoice,
    RecordPayment,
    ReversePayment,
    UpdateItems,
)
from services.dunning.domain.money.commission import earn, take_back
from services.dunning.domain.money.credit import check_credit, count_invoices, new_invoices
from services.dunning.domain.money.debit_answers import end_with_payment
from services.dunning.domain.money.events import (
    InvoiceMarked,
    ItemsUpdated,
    PaymentRecorded,
    PaymentReversed,
)
from services.dunning.domain.money.limitation import restart_by_payment
from services.dunning.domain.money.mandate import withdraw
from services.dunning.domain.recorder import Recorder
from services.dunning.policy.facts import ObservationFact


def update_items(rec: Recorder, command: UpdateItems) -> None:
    """Take the ledger's word on items; an older word, or the same again, changes nothing."""
    known = rec.state.ledger_version
    if command.ledger_version < known:
        return
    if command.ledger_version == known and not rec.state.updating:
        return
    before = rec.state
    invoices = new_invoices(before, command.items) if rec.pack.credit else []
    rec.emit(
        ItemsUpdated(
            ledger_version=command.ledger_version,
            as_of=command.as_of,
            currency=command.currency,
            items=command.items,
            more=command.more,
            prepaid=command.prepaid,
            waiting=command.waiting,
            released=command.released,
        )
    )
    count_invoices(rec, before, command.items)
    check_credit(rec, invoices)


def reassess_only(rec: Recorder, command: Reassess) -> None:
    """Nothing to record: the case is looked at after every command."""


def record_payment(rec: Recorder, command: RecordPayment) -> None:
    """Count a payment towards promises and plan; kept promises and a completed plan end at once."""
    if command.payment_id in rec.state.payments:
        restart_by_payment(rec, command)
        return
    earn(rec, command)
    restart_by_payment(rec, command)
    rec.emit(
        PaymentRecorded(
            payment_id=command.payment_id,
            amount=command.amount,
            received_at=command.received_at,
            method=command.method,
            collected_by=command.collected_by,
        )
    )
    end_with_payment(rec, command)
    count_payment(rec)


def reverse_payment(rec: Recorder, command: ReversePayment) -> None:
    """What is taken back of a payment counts as never made: for whoever collected it, for promises
    and for plans.
    """
    counted = counting(rec, command.payment_id)
    take_back(rec, command.payment_id, command.amount)
    rec.emit(PaymentReversed(payment_id=command.payment_id, amount=command.amount))
    discount_payment(rec, counted)


def update_account(rec: Recorder, command: UpdateAccount) -> None:
    """Take over what upstream tells; a mandate that is gone is reacted to."""
    had_mandate = rec.state.mandate
    rec.emit(
        AccountUpdated(
            segment=command.segment,
            attributes=command.attributes,
            profile=command.profile,
            reachable=command.reachable,
            agreement=command.agreement,
            responsible=command.responsible,
            mandate=command.mandate,
            department=command.department,
            guarantors=command.guarantors,
            people=command.people,
            number=command.number,
        )
    )
    if had_mandate and not command.mandate:
        withdraw(rec)


def erase_account(rec: Recorder, command: EraseAccount) -> None:
    rec.emit(AccountErased())


def mark_invoice(rec: Recorder, command: MarkInvoice) -> None:
    """Remember what an invoice says of itself; most say nothing."""
    if command.marks:
        rec.emit(InvoiceMarked(item_id=command.item_id, marks=command.marks))


def record_observation(rec: Recorder, command: RecordObservation) -> None:
    known = command.kind in rec.state.observed
    rec.emit(
        ObservationRecorded(
            observation_id=rec.new_id("o"), kind=command.kind, on=rec.today, note=command.note
        )
    )
    if command.kind == DECEASED:
        stop_for_death(rec, known=known)
    reassess(rec)
    react(rec, ObservationFact(command.kind))


def confirm_restriction(rec: Recorder, command: ConfirmRestriction) -> None:
    rec.emit(RestrictionConfirmed(service=command.service))
