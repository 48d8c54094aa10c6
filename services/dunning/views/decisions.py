"""What waits for a decision, and what was decided: applications and approvals."""

from chassis.store.stored import Stored
from services.dunning.domain.agreements.events import ApplicationDecided, ApplicationMade
from services.dunning.domain.case.events import (
    ApprovalDecided,
    ApprovalLapsed,
    ApprovalRequested,
)
from services.dunning.reasons.english import why_in_words
from services.dunning.views.rows import Fold, Row, place, rows_view

_SCHEMA = """
create table {table} (
  decision_id text collate "C" not null,
  creditor text collate "C" not null,
  account text collate "C",
  case_id text collate "C",
  what text not null,
  purpose text not null,
  by_role text,
  asked_at timestamptz not null,
  amount bigint,
  until date,
  reason text,
  state text not null,
  decided_by text,
  decided_at timestamptz,
  primary key (creditor, decision_id)
);
create index on {table} (creditor, state, asked_at, decision_id);
"""


def _asked(row: Row, stored: Stored) -> None:
    event = stored.event
    place(row, stored)
    row |= {
        "case_id": event.case_id,
        "what": "approval",
        "purpose": event.for_,
        "by_role": event.by_role,
        "reason": why_in_words(event),
        "asked_at": stored.at,
        "state": "pending",
    }


def _applied(row: Row, stored: Stored) -> None:
    event = stored.event
    place(row, stored)
    row |= {
        "case_id": event.case_id,
        "what": "application",
        "purpose": event.for_,
        "asked_at": stored.at,
        "amount": event.amount,
        "until": event.until,
        "state": "pending",
    }


def _decided(row: Row, stored: Stored) -> None:
    event = stored.event
    row |= {"state": event.outcome, "decided_by": event.by, "decided_at": stored.at}
    if event.amount is not None:
        row["amount"] = event.amount


def _lapsed(row: Row, stored: Stored) -> None:
    row |= {"state": "lapsed", "decided_at": stored.at}


_FOLDS: dict[str, Fold] = {
    "ApprovalRequested": _asked,
    "ApprovalDecided": _decided,
    "ApprovalLapsed": _lapsed,
    "ApplicationMade": _applied,
    "ApplicationDecided": _decided,
}


def _decision_id(stored: Stored) -> str | None:
    match stored.event:
        case ApprovalRequested() | ApprovalDecided() | ApprovalLapsed() as approval:
            return approval.approval_id
        case ApplicationMade() | ApplicationDecided() as application:
            return application.application_id
        case _:
            return None


DECISIONS = rows_view("decisions", "decision_id", _SCHEMA, _decision_id, _FOLDS)
