"""Tasks: the work lists of roles and persons; a person's name is sealed, its code finds the
list.
"""

from chassis.store.stored import Stored
from services.dunning.reasons.english import why_in_words
from services.dunning.views.rows import Fold, Row, place, rows_view

_SCHEMA = """
create table {table} (
  task_id text collate "C" not null,
  creditor text collate "C" not null,
  account text collate "C",
  case_id text collate "C",
  kind text not null,
  owner text not null,
  person text,
  person_code text,
  segment text,
  with_owners jsonb not null default '[]',
  asks jsonb not null default '[]',
  step text,
  reason text not null,
  requested_at timestamptz not null,
  requested_on date not null,
  state text not null,
  result text,
  ended_by text,
  ended_at timestamptz,
  primary key (creditor, task_id)
);
create index on {table} (creditor, state, owner, requested_at, task_id);
create index on {table} (creditor, state, person_code) where person_code is not null;
create index on {table} (creditor, case_id) where state = 'open';
"""


def _requested(row: Row, stored: Stored) -> None:
    event = stored.event
    place(row, stored)
    row |= {
        "case_id": event.case_id,
        "kind": event.kind,
        "owner": event.owner,
        "person": event.person.sealed.hex() if event.person else None,
        "person_code": event.person.code if event.person else None,
        "segment": event.segment,
        "with_owners": list(event.with_owners),
        "asks": list(event.asks),
        "step": event.step,
        "reason": why_in_words(event),
        "requested_at": stored.at,
        "requested_on": event.on,
        "state": "open",
    }


def _completed(row: Row, stored: Stored) -> None:
    event = stored.event
    row |= {
        "state": "done",
        "result": event.result,
        "ended_by": event.by,
        "ended_at": stored.at,
    }


def _withdrawn(row: Row, stored: Stored) -> None:
    row |= {"state": "withdrawn", "ended_at": stored.at}


_FOLDS: dict[str, Fold] = {
    "TaskRequested": _requested,
    "TaskCompleted": _completed,
    "TaskWithdrawn": _withdrawn,
}


def _task_id(stored: Stored) -> str:
    task_id: str = stored.event.task_id
    return task_id


TASKS = rows_view("tasks", "task_id", _SCHEMA, _task_id, _FOLDS)
