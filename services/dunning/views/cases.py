"""Cases: one row each, for lists and filters."""

from chassis.store.stored import Stored
from services.dunning.reasons.english import pauses_in_words
from services.dunning.views.rows import Fold, Row, place, rows_view

_SCHEMA = """
create table {table} (
  case_id text collate "C" not null,
  creditor text collate "C" not null,
  account text collate "C" not null,
  state text not null,
  policy text not null,
  policy_version int not null,
  opened_at timestamptz not null,
  opened_on date not null,
  oldest_due_on date not null,
  closed_on date,
  paused_for jsonb not null default '[]',
  last_step text,
  last_step_on date,
  classified text,
  primary key (creditor, case_id)
);
create index on {table} (creditor, opened_at, case_id);
create index on {table} (creditor, account);
"""


def _opened(row: Row, stored: Stored) -> None:
    event = stored.event
    place(row, stored)
    row |= {
        "state": "open",
        "policy": event.policy_ref.policy,
        "policy_version": event.policy_ref.version,
        "opened_at": stored.at,
        "opened_on": event.opened_on,
        "oldest_due_on": event.oldest_due_on,
        "paused_for": [],
    }


def _moved(row: Row, stored: Stored) -> None:
    after = stored.event.after
    row |= {"policy": after.policy, "policy_version": after.version}


def _paused(row: Row, stored: Stored) -> None:
    row |= {"state": "paused", "paused_for": pauses_in_words(stored.event.reasons)}


def _resumed(row: Row, stored: Stored) -> None:
    row |= {"state": "open", "paused_for": []}


def _closed(row: Row, stored: Stored) -> None:
    row |= {"state": "closed", "closed_on": stored.event.closed_on, "paused_for": []}


def _stepped(row: Row, stored: Stored) -> None:
    row |= {"last_step": stored.event.step, "last_step_on": stored.event.on}


def _classified(row: Row, stored: Stored) -> None:
    row["classified"] = stored.event.as_


_FOLDS: dict[str, Fold] = {
    "CaseOpened": _opened,
    "CasePolicyChanged": _moved,
    "CasePaused": _paused,
    "CaseResumed": _resumed,
    "CaseClosed": _closed,
    "StepTaken": _stepped,
    "Classified": _classified,
}


def _case_id(stored: Stored) -> str | None:
    case_id: str | None = stored.event.case_id
    return case_id


CASES = rows_view("cases", "case_id", _SCHEMA, _case_id, _FOLDS)
