"""Deciding what follows from a command on an account."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.words.workdays import EVERY_DAY, WorkingDays
from services.dunning.domain.account import Account
from services.dunning.domain.agenda import run_between, run_day, schedule
from services.dunning.domain.agreements.applications import make_application
from services.dunning.domain.agreements.commands import (
    AgreePlan,
    MakeApplication,
    MakePromise,
    OpenDispute,
    ResolveDispute,
)
from services.dunning.domain.agreements.disputes import open_dispute, resolve_dispute
from services.dunning.domain.agreements.plans import agree_plan
from services.dunning.domain.agreements.promises import make_promise
from services.dunning.domain.case.acting import act, perform
from services.dunning.domain.case.casework import note_overdue_end, reassess
from services.dunning.domain.case.commands import (
    CompleteTask,
    ConfirmRestriction,
    Decide,
    EndRetention,
    FollowPolicy,
    PlaceHold,
    Reassess,
    RecordLegalProgress,
    RecordObservation,
    ReleaseHold,
    Wake,
)
from services.dunning.domain.case.court import record_legal_progress
from services.dunning.domain.case.decisions import decide_request
from services.dunning.domain.case.holds import place_hold, release_hold
from services.dunning.domain.case.observations import record_observation
from services.dunning.domain.case.pausing import pause_reasons
from services.dunning.domain.case.reacting import react
from services.dunning.domain.case.restrictions import confirm_restriction
from services.dunning.domain.case.retention import end_retention
from services.dunning.domain.case.tasks import complete_task
from services.dunning.domain.commands import AccountCommand
from services.dunning.domain.contact.commands import (
    EraseAccount,
    RecordContact,
    RecordDelivery,
    RecordReply,
    UpdateAccount,
)
from services.dunning.domain.contact.counting import count_contact
from services.dunning.domain.contact.debtor import erase_account, update_account
from services.dunning.domain.contact.deliveries import record_delivery, record_reply
from services.dunning.domain.contact.people import NOBODY, People
from services.dunning.domain.contact.reported import record_contact
from services.dunning.domain.creditor.policy_changes import follow_policy
from services.dunning.domain.events import AccountEvent
from services.dunning.domain.evolve import evolve_account
from services.dunning.domain.localtime import local_day
from services.dunning.domain.money.commands import (
    FailDirectDebit,
    MarkInvoice,
    NameCollector,
    NoteUnmatched,
    RecordPayment,
    ReversePayment,
    UpdateItems,
)
from services.dunning.domain.money.commission import name_collector
from services.dunning.domain.money.direct_debit import fail_debit
from services.dunning.domain.money.items import mark_invoice, update_items
from services.dunning.domain.money.payments import record_payment, reverse_payment
from services.dunning.domain.money.waiting_money import note_unmatched, put_off_day
from services.dunning.domain.recorder import Links, Recorder
from services.dunning.policy.model import Pack


def decide(
    state: Account,
    command: AccountCommand,
    pack: Pack,
    now: datetime,
    zone: ZoneInfo,
    people: People = NOBODY,
    working: WorkingDays = EVERY_DAY,
) -> list[AccountEvent]:
    """Answer the events that follow from a command; an empty list means there is nothing to do.

    `pack` is the one the running case pins, else the creditor's current one, with its parameters
    applied, `people` are those its contacts reach, `working` says on which days the creditor works.
    `now` is aware. Raises Rejected when the rules refuse.
    """
    rec = Recorder(state, pack, now, zone, _LINKS, people, working)
    if isinstance(command, Wake):
        _wake(rec)
    else:
        _DECIDERS[type(command)](rec, command)
        reassess(rec, may_open=not isinstance(command, ResolveDispute))
        note_overdue_end(rec)
        schedule(rec, woken=False, ran=False)
    return rec.events


def _wake(rec: Recorder) -> None:
    """Act on the wake-up; one that comes before it is due does nothing.

    The day is run when the wake-up was for the step time or earlier, however late it comes that
    day: one that was only for a waiting contact later in the day does not run it.
    """
    due = rec.state.wake
    if due is None or due > rec.now:
        return
    is_time = due <= rec.step_time or rec.state.put_off == rec.today
    runs = is_time and rec.step_time <= rec.now and rec.state.turn_on != rec.today
    if runs and put_off_day(rec):
        return
    if runs:
        run_day(rec, local_day(due, rec.zone))
    else:
        run_between(rec)
    rec.reassess()
    schedule(rec, woken=True, ran=runs)


def _look_again(rec: Recorder, command: Reassess) -> None:
    """Nothing to record: the case is looked at after every command."""


_LINKS = Links(
    evolve=evolve_account,
    count_contact=count_contact,
    find_pauses=pause_reasons,
    perform=perform,
    act=act,
    react=react,
    reassess=reassess,
)
_DECIDERS: dict[type, Callable[[Recorder, Any], None]] = {
    UpdateItems: update_items,
    NoteUnmatched: note_unmatched,
    Reassess: _look_again,
    RecordPayment: record_payment,
    NameCollector: name_collector,
    ReversePayment: reverse_payment,
    UpdateAccount: update_account,
    EraseAccount: erase_account,
    MarkInvoice: mark_invoice,
    FailDirectDebit: fail_debit,
    RecordObservation: record_observation,
    ConfirmRestriction: confirm_restriction,
    RecordDelivery: record_delivery,
    RecordLegalProgress: record_legal_progress,
    CompleteTask: complete_task,
    RecordReply: record_reply,
    RecordContact: record_contact,
    MakePromise: make_promise,
    AgreePlan: agree_plan,
    OpenDispute: open_dispute,
    ResolveDispute: resolve_dispute,
    MakeApplication: make_application,
    Decide: decide_request,
    PlaceHold: place_hold,
    ReleaseHold: release_hold,
    EndRetention: end_retention,
    FollowPolicy: follow_policy,
}
