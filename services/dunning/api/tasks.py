"""Work lists: what is to be done, oldest first, and saying that it is done."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Path, Query

from chassis.errors import Forbidden, NotFound
from chassis.http import Page, Principal, decode_cursor, page
from chassis.http.paging import Cursor, Limit
from chassis.store.vault import KeyRing
from chassis.store.views import table_of
from contracts.words.streams import Subject
from contracts.words.vocabulary import STAFF
from services.dunning.api import inputs as i
from services.dunning.api.dunning import (
    Acting,
    CreditorInScope,
    CreditorQuery,
    Dunning,
    Happened,
    RequestId,
    Target,
)
from services.dunning.api.hours import Hours, debtor_hours
from services.dunning.api.models import work as m
from services.dunning.api.roles import may
from services.dunning.domain.account import Account
from services.dunning.domain.case.commands import CompleteTask
from services.dunning.domain.case.state import OpenTask, ReportedTask
from services.dunning.person_codes import codes_of
from services.dunning.views import TASKS

CREATED = 201
_LIST = f"""
select task_id, creditor, account, case_id, kind, owner, person, segment, with_owners, asks,
       step, reason, requested_at, requested_on, state, result, ended_by, ended_at
from {table_of(TASKS)}
where ($1::text[] is null or creditor = any($1)) and state = $2
  and ($3::text is null or owner = $3 or person_code = any($9::text[]))
  and ($4::text is null or account = $4)
  and ($5::text is null or kind = $5)
  and ($6::timestamptz is null or (requested_at, task_id) > ($6, $7))
order by requested_at, task_id limit $8
"""  # noqa: S608 - names of ours
_ONE = f"""
select creditor, account from {table_of(TASKS)}
where task_id = $1 and ($2::text[] is null or creditor = any($2)) order by creditor limit 1
"""  # noqa: S608 - names of ours
TaskKind = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


def router(dunning: Dunning) -> APIRouter:
    """The work lists under `/v1/tasks`, and completing a task by id or by its kind."""
    api = Tasks(dunning)
    routes = APIRouter(prefix="/v1", tags=["tasks"])
    routes.get("/tasks", summary="Work list, oldest first", response_model=Page[m.TaskRow])(
        api.list_tasks
    )
    routes.post("/tasks/{task_id}/completion", status_code=CREATED, summary="Complete a task")(
        api.complete_task
    )
    routes.post(
        "/accounts/{account}/tasks/{kind}/completion",
        status_code=CREATED,
        summary="Complete the oldest open task of a kind",
    )(api.complete_account_task)
    routes.post(
        "/creditors/{creditor}/tasks/{kind}/completion",
        status_code=CREATED,
        summary="Complete the creditor's oldest open task of a kind",
    )(api.complete_creditor_task)
    return routes


class Tasks:
    def __init__(self, dunning: Dunning) -> None:
        self._dunning = dunning

    async def list_tasks(
        self,
        who: Annotated[Principal, may("see_tasks")],
        creditor: CreditorQuery = None,
        owner: Annotated[str | None, Query(max_length=128)] = None,
        account: Annotated[str | None, Query(max_length=128)] = None,
        kind: Annotated[str | None, Query(max_length=64)] = None,
        state: Literal["open", "done", "withdrawn"] = "open",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        after = decode_cursor(cursor, datetime, str)
        rows = await self._dunning.service.pool.fetch(
            _LIST,
            who.visible(creditor),
            state,
            owner,
            account,
            kind,
            after[0] if after else None,
            after[1] if after else None,
            limit + 1,
            codes_of(await self._dunning.service.keys([]), owner) if owner else None,
        )
        keys = await self._dunning.service.keys(
            {Subject(row["creditor"], row["account"]) for row in rows if row["person"]}
        )
        hours = await debtor_hours(self._dunning, rows[:limit])
        return page(
            rows,
            limit,
            lambda r: [r["requested_at"], r["task_id"]],
            lambda r: _row(r, keys, hours),
        )

    async def complete_task(
        self,
        task_id: Annotated[str, Path(max_length=128)],
        given: i.TaskCompletion,
        request: RequestId,
        who: Annotated[Principal, may("complete_task")],
    ) -> Happened:
        row = await self._dunning.service.pool.fetchrow(_ONE, task_id, who.visible(None))
        if row is None or not who.may_see(row["creditor"]):
            raise NotFound(f"there is no task {task_id}")
        asked = _asked(given, who, task_id=task_id)
        if row["account"] is None:
            return await self._of_creditor(row["creditor"], request, who, asked)
        target = Target(Subject(row["creditor"], row["account"]), request)
        who.saw(*target.subject)
        return await self._of_account(target, who, asked, given.note)

    async def complete_account_task(
        self,
        target: Acting,
        kind: TaskKind,
        given: i.TaskCompletion,
        who: Annotated[Principal, may("complete_task")],
    ) -> Happened:
        return await self._of_account(target, who, _asked(given, who, kind=kind), given.note)

    async def complete_creditor_task(
        self,
        creditor: CreditorInScope,
        kind: TaskKind,
        given: i.TaskCompletion,
        request: RequestId,
        who: Annotated[Principal, may("complete_task")],
    ) -> Happened:
        return await self._of_creditor(creditor, request, who, _asked(given, who, kind=kind))

    async def _of_account(
        self, target: Target, who: Principal, asked: CompleteTask, note: str | None
    ) -> Happened:
        return await self._dunning.run(
            target,
            asked.by or who.subject,
            lambda seal: replace(asked, note=seal.if_given(note)),
            lambda account: check_owner(_meant(account), who, asked),
        )

    async def _of_creditor(
        self, creditor: str, request: str, who: Principal, asked: CompleteTask
    ) -> Happened:
        return await self._dunning.run_on_creditor(
            creditor, request, asked, lambda state: check_owner(state.tasks, who, asked)
        )


def _row(row: Mapping[str, Any], keys: KeyRing, hours: Hours) -> dict[str, Any]:
    """A task as the work list shows it: a person who has to do it is its owner, by name."""
    lists = {name: orjson.loads(row[name] or "[]") for name in ("with_owners", "asks")}
    shown = {**row, **lists, "debtor_hours": hours.get(row["task_id"])}
    sealed = shown.pop("person")
    if sealed:
        name = keys.open(Subject(row["creditor"], row["account"]), bytes.fromhex(sealed), "person")
        shown["owner"] = name or row["owner"]
    return shown


def _asked(
    given: i.TaskCompletion, who: Principal, *, kind: str | None = None, task_id: str | None = None
) -> CompleteTask:
    by = who.acting_for(given.by)
    return CompleteTask(result=given.result or "", kind=kind, task_id=task_id, by=by)


def _meant(account: Account) -> list[OpenTask | ReportedTask]:
    """The tasks a result may be recorded for: the open ones first."""
    return [*account.tasks, *(account.case.reported.values() if account.case else ())]


def check_owner(
    tasks: Iterable[OpenTask | ReportedTask], who: Principal, asked: CompleteTask
) -> None:
    """Raise `Forbidden` unless the caller may complete the oldest open task meant: as its owner's
    role, or as a manager. A department's or a person's task is anybody's of the staff.
    """
    for task in tasks:
        if asked.kind in (None, task.kind) and asked.task_id in (None, task.task_id):
            if task.owner in STAFF and not who.has(task.owner, "manager"):
                raise Forbidden(f"the task belongs to {task.owner}")
            return
