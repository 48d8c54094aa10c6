"""What operators record on an account; a refusal says why."""

from chassis.errors import Rejected
from services.dunning.domain.agreements.commands import AgreePlan, MakePromise
from services.dunning.domain.agreements.events import PlanAgreed, PromiseMade
from services.dunning.domain.case.commands import (
    CompleteTask,
    PlaceHold,
    RecordLegalProgress,
    ReleaseHold,
)
from services.dunning.domain.case.events import (
    HoldPlaced,
    HoldReleased,
    LegalProgressRecorded,
    TaskCompleted,
)
from services.dunning.domain.case.reacting import react
from services.dunning.domain.case.state import OpenTask, ReportedTask
from services.dunning.domain.checks import one_of
from services.dunning.domain.contact.commands import RecordDelivery, RecordReply
from services.dunning.domain.contact.events import DeliveryRecorded, ReplyRecorded
from services.dunning.domain.contact.fates import fate_of, follow_fate
from services.dunning.domain.money.limitation import restart_by_delivery, restart_by_promise
from services.dunning.domain.recorder import Recorder
from services.dunning.policy.facts import PlanFact, PromiseFact, TaskFact

LEGAL_PROGRESS = ("filed", "hearing", "judgment", "settled", "enforced", "frozen", "seized")


# ---- tasks, replies, deliveries, legal progress


def complete_task(rec: Recorder, command: CompleteTask) -> None:
    """Complete the oldest open task that is meant; with none open, the latest one of the case gets
    another result: what was incomplete may be completed later.
    """
    task = _open_task(rec, command) or _reported_task(rec, command)
    if task is None:
        raise Rejected(f"no open task {command.task_id or command.kind}")
    rec.emit(
        TaskCompleted(
            task_id=task.task_id,
            kind=task.kind,
            result=command.result,
            at=rec.now,
            note=command.note,
            by=command.by,
            case_id=task.case_id,
        )
    )
    react(rec, TaskFact(task.kind, command.result))


def _open_task(rec: Recorder, command: CompleteTask) -> OpenTask | None:
    return next((task for task in rec.state.tasks if _is_meant(command, task)), None)


def _reported_task(rec: Recorder, command: CompleteTask) -> ReportedTask | None:
    """The task the command brings news of; the same result again is none, nor is no result."""
    if not command.result or rec.state.case is None:
        return None
    meant = (task for task in rec.state.case.reported.values() if _is_meant(command, task))
    return next((task for task in meant if task.result != command.result), None)


def _is_meant(command: CompleteTask, task: OpenTask | ReportedTask) -> bool:
    return command.task_id in (None, task.task_id) and command.kind in (None, task.kind)


def record_reply(rec: Recorder, command: RecordReply) -> None:
    rec.emit(ReplyRecorded(reply_id=rec.new_id("y"), note=command.note))


def record_delivery(rec: Recorder, command: RecordDelivery) -> None:
    notice_id = command.notice_id or rec.state.notices.get(command.channel)
    if notice_id is None:
        raise Rejected(f"no notice went out by {command.channel}")
    before = fate_of(rec, notice_id)
    rec.emit(
        DeliveryRecorded(
            channel=command.channel,
            result=command.result,
            notice_id=notice_id,
            reason=command.reason,
        )
    )
    restart_by_delivery(rec, notice_id, command.result)
    follow_fate(rec, notice_id, before)


def record_legal_progress(rec: Recorder, command: RecordLegalProgress) -> None:
    one_of("legal progress", command.progress, LEGAL_PROGRESS)
    rec.emit(
        LegalProgressRecorded(
            progress=command.progress, on=command.on or rec.today, amount=command.amount
        )
    )


# ---- promises and plans


def make_promise(rec: Recorder, command: MakePromise) -> None:
    if command.amount <= 0:
        raise Rejected("a promise to pay needs an amount above 0")
    if command.by < rec.today:
        raise Rejected(f"the promised date {command.by} has passed; today is {rec.today}")
    promise_id = rec.new_id("p")
    rec.emit(
        PromiseMade(
            promise_id=promise_id,
            amount=command.amount,
            by=command.by,
            made_at=rec.now,
            case_id=rec.case_id,
            note=command.note,
        )
    )
    restart_by_promise(rec, promise_id)
    react(rec, PromiseFact("made"))


def agree_plan(rec: Recorder, command: AgreePlan) -> None:
    if rec.state.plan is not None:
        raise Rejected("an instalment plan is running; it must be completed or broken first")
    if not command.instalments:
        raise Rejected("a plan needs at least one instalment")
    for instalment in command.instalments:
        if instalment.amount <= 0:
            raise Rejected("every instalment needs an amount above 0")
        if instalment.due < rec.today:
            raise Rejected(f"the instalment due on {instalment.due} lies before today {rec.today}")
    rec.emit(
        PlanAgreed(
            plan_id=rec.new_id("i"),
            instalments=tuple(sorted(command.instalments, key=lambda i: i.due)),
            agreed_at=rec.now,
            case_id=rec.case_id,
            note=command.note,
            collateral=command.collateral,
        )
    )
    react(rec, PlanFact("agreed"))


# ---- holds


def place_hold(rec: Recorder, command: PlaceHold) -> None:
    if rec.state.hold is not None:
        raise Rejected("the account is already on hold")
    rec.emit(HoldPlaced(hold_id=rec.new_id("h"), reason=command.reason, by=command.by))


def release_hold(rec: Recorder, command: ReleaseHold) -> None:
    if rec.state.hold is None:
        raise Rejected("the account is not on hold")
    rec.emit(HoldReleased(hold_id=rec.state.hold, by=command.by))
