"""What the bank was asked to debit, request by request, and what came of it.

An answer to a request that was never made (upstream may name any) has a row of its own, in no run.
"""

from chassis.store.stored import Stored
from services.dunning.views.rows import Fold, Row, place, rows_view

_SCHEMA = """
create table {table} (
  request text collate "C" not null,
  request_id text collate "C" not null,
  creditor text collate "C" not null,
  account text collate "C" not null,
  run_on date,
  amount bigint,
  currency text,
  asked_at timestamptz,
  state text not null,
  reason text,
  payment_id text collate "C",
  ended_at timestamptz,
  primary key (creditor, request)
);
create index on {table} (creditor, run_on, account);
"""


def _requested(row: Row, stored: Stored) -> None:
    event = stored.event
    place(row, stored)
    row |= {
        "request_id": event.request_id,
        "run_on": event.on,
        "amount": event.amount,
        "currency": event.currency,
        "asked_at": stored.at,
        "state": "requested",
    }


def _ended(row: Row, stored: Stored) -> None:
    event = stored.event
    place(row, stored)
    row |= {
        "request_id": event.request_id,
        "state": event.outcome,
        "reason": event.reason,
        "payment_id": event.payment_id,
        "ended_at": stored.at,
    }


_FOLDS: dict[str, Fold] = {"DirectDebitRequested": _requested, "DirectDebitEnded": _ended}


def _request(stored: Stored) -> str:
    return f"{stored.stream}/{stored.event.request_id}"


DIRECT_DEBITS = rows_view("direct_debits", "request", _SCHEMA, _request, _FOLDS)
