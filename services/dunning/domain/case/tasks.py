"""Tasks: work asked of a role, a department or a person, and what became of it."""

from chassis.errors import Rejected
from services.dunning.domain.case import series
from services.dunning.domain.case.commands import CompleteTask
from services.dunning.domain.case.events import TaskCompleted, TaskRequested
from services.dunning.domain.case.state import OpenTask, ReportedTask
from services.dunning.domain.contact.waiting import is_delayed
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import Task
from services.dunning.policy.facts import TaskFact
from services.dunning.policy.segments import segment_owner
from services.dunning.policy.vocabulary import CONTACT_TASKS

RESPONSIBLE = "responsible"


_NOBODY_RESPONSIBLE = "collector"


def request_task(rec: Recorder, task: Task, cause: Cause) -> None:
    """Ask for a task, if its repeat is not running and, for a contact, the limits allow it."""
    if not series.is_now(rec, task.repeat, cause):
        return
    if task.kind in CONTACT_TASKS and is_delayed(rec, cause, task.kind):
        return
    rec.effect(
        TaskRequested(
            task_id=rec.new_id("t"),
            kind=task.kind,
            owner=_owner(rec, task.owner),
            with_owners=task.with_owners,
            asks=task.asks,
            on=rec.today,
            contact=cause.contact,
            person=rec.state.responsible if task.owner == RESPONSIBLE else None,
        ),
        cause,
    )


def _owner(rec: Recorder, owner: str) -> str:
    if owner == RESPONSIBLE:
        return RESPONSIBLE if rec.state.responsible else _NOBODY_RESPONSIBLE
    return segment_owner(rec.pack, rec.state.segment) if owner == "segment" else owner


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
    rec.react(TaskFact(task.kind, command.result))


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
