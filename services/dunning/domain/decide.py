"""Deciding what follows from a command on an account."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.words.workdays import EVERY_DAY, WorkingDays
from services.dunning.domain.account import Account
from services.dunning.domain.agreements import deciding
from services.dunning.domain.agreements.commands import (
    AgreePlan,
    MakeApplication,
    MakePromise,
    OpenDispute,
    ResolveDispute,
)
from services.dunning.domain.case import operating
from services.dunning.domain.case.casework import note_overdue_end, reassess
from services.dunning.domain.case.commands import (
    CompleteTask,
    ConfirmRestriction,
    Decide,
    FollowPolicy,
    PlaceHold,
    Reassess,
    RecordLegalProgress,
    RecordObservation,
    ReleaseHold,
    Wake,
)
from services.dunning.domain.commands import AccountCommand
from services.dunning.domain.contact.commands import (
    EraseAccount,
    RecordDelivery,
    RecordReply,
    UpdateAccount,
)
from services.dunning.domain.contact.people import NOBODY, People
from services.dunning.domain.creditor.policy_changes import follow_policy
from services.dunning.domain.events import AccountEvent
from services.dunning.domain.localtime import local_day
from services.dunning.domain.money import debit_answers, recording, waiting_money
from services.dunning.domain.money.commands import (
    FailDirectDebit,
    MarkInvoice,
    NoteUnmatched,
    RecordPayment,
    ReversePayment,
    UpdateItems,
)
from services.dunning.domain.recorder import Recorder
from services.dunning.domain.turn import release_contacts, take_turn
from services.dunning.domain.waking import schedule
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
    rec = Recorder(state, pack, now, zone, people, working)
    if isinstance(command, Wake):
        _wake(rec)
    else:
        _COMMANDS[type(command)](rec, command)
        reassess(rec, may_open=not isinstance(command, ResolveDispute))
        note_overdue_end(rec)
        schedule(rec, woken=False, turned=False)
    return rec.events


def _wake(rec: Recorder) -> None:
    """Act on the wake-up; one that comes before it is due does nothing.

    A turn is taken when the wake-up was for the step time or earlier, however late it comes that
    day: one that was only for a waiting contact later in the day is none.
    """
    due = rec.state.wake
    if due is None or due > rec.now:
        return
    is_time = due <= rec.step_time or rec.state.put_off == rec.today
    turned = is_time and rec.step_time <= rec.now and rec.state.turn_on != rec.today
    if turned and waiting_money.put_off_turn(rec):
        return
    if turned:
        take_turn(rec, local_day(due, rec.zone))
    else:
        reassess(rec)
        release_contacts(rec)
    reassess(rec)
    schedule(rec, woken=True, turned=turned)


_COMMANDS: dict[type, Callable[[Recorder, Any], None]] = {
    UpdateItems: recording.update_items,
    NoteUnmatched: waiting_money.note_unmatched,
    Reassess: recording.reassess_only,
    RecordPayment: recording.record_payment,
    ReversePayment: recording.reverse_payment,
    UpdateAccount: recording.update_account,
    EraseAccount: recording.erase_account,
    MarkInvoice: recording.mark_invoice,
    FailDirectDebit: debit_answers.fail,
    RecordObservation: recording.record_observation,
    ConfirmRestriction: recording.confirm_restriction,
    RecordDelivery: operating.record_delivery,
    RecordLegalProgress: operating.record_legal_progress,
    CompleteTask: operating.complete_task,
    RecordReply: operating.record_reply,
    MakePromise: operating.make_promise,
    AgreePlan: operating.agree_plan,
    OpenDispute: deciding.open_dispute,
    ResolveDispute: deciding.resolve_dispute,
    MakeApplication: deciding.make_application,
    Decide: deciding.decide_request,
    PlaceHold: operating.place_hold,
    ReleaseHold: operating.release_hold,
    FollowPolicy: follow_policy,
}
