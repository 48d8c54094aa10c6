"""Accounts: the running case of each, and when dunning next has something to do for it."""

from chassis.stored import Stored
from services.dunning.views.rows import Fold, Row, RowsView, owner_of, place

_SCHEMA = """
create table {table} (
  stream text collate "C" primary key,
  creditor text collate "C" not null,
  account text collate "C" not null,
  case_id text collate "C",
  next_at timestamptz
);
"""


def _opened(row: Row, stored: Stored) -> None:
    place(row, stored)
    row["case_id"] = stored.event.case_id


def _closed(row: Row, stored: Stored) -> None:
    place(row, stored)
    row["case_id"] = None


def _scheduled(row: Row, stored: Stored) -> None:
    place(row, stored)
    row["next_at"] = stored.event.at


_FOLDS: dict[str, Fold] = {
    "CaseOpened": _opened,
    "CaseClosed": _closed,
    "WakeScheduled": _scheduled,
}


def _stream(stored: Stored) -> str | None:
    _creditor, account = owner_of(stored)
    return None if account is None else stored.stream


ACCOUNTS = RowsView("accounts", "stream", _SCHEMA, _stream, _FOLDS)
