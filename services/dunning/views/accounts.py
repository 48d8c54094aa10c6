"""Accounts: what is open on each, its running case, and when dunning next has something to do for
it.
"""

from chassis.stored import Stored
from services.dunning.views.rows import Fold, Row, RowsView, owner_of, place

_SCHEMA = """
create table {table} (
  stream text collate "C" primary key,
  creditor text collate "C" not null,
  account text collate "C" not null,
  case_id text collate "C",
  segment text,
  items jsonb,
  disputes jsonb,
  on_hold boolean,
  next_at timestamptz
);
create index on {table} (creditor, account);
"""


def _items(row: Row, stored: Stored) -> None:
    """Open items alone, by id: principal, due date and whether a late fee is left on it."""
    place(row, stored)
    items = dict(row.get("items") or {})
    for item in stored.event.items:
        if item.state != "open":
            items.pop(item.item_id, None)
            continue
        items[item.item_id] = {
            "item": item.item,
            "principal": item.principal,
            "due_on": item.due_on.isoformat(),
        }
    row["items"] = items


def _updated(row: Row, stored: Stored) -> None:
    place(row, stored)
    row["segment"] = stored.event.segment


def _opened(row: Row, stored: Stored) -> None:
    place(row, stored)
    row["case_id"] = stored.event.case_id


def _closed(row: Row, stored: Stored) -> None:
    row["case_id"] = None


def _disputed(row: Row, stored: Stored) -> None:
    place(row, stored)
    disputes = dict(row.get("disputes") or {})
    disputes[stored.event.dispute_id] = list(stored.event.item_ids)
    row["disputes"] = disputes


def _resolved(row: Row, stored: Stored) -> None:
    disputes = dict(row.get("disputes") or {})
    disputes.pop(stored.event.dispute_id, None)
    row["disputes"] = disputes


def _held(row: Row, stored: Stored) -> None:
    place(row, stored)
    row["on_hold"] = True


def _released(row: Row, stored: Stored) -> None:
    row["on_hold"] = False


def _scheduled(row: Row, stored: Stored) -> None:
    place(row, stored)
    row["next_at"] = stored.event.at


_FOLDS: dict[str, Fold] = {
    "ItemsUpdated": _items,
    "AccountUpdated": _updated,
    "CaseOpened": _opened,
    "CaseClosed": _closed,
    "DisputeOpened": _disputed,
    "DisputeResolved": _resolved,
    "HoldPlaced": _held,
    "HoldReleased": _released,
    "WakeScheduled": _scheduled,
}


def _stream(stored: Stored) -> str | None:
    _creditor, account = owner_of(stored)
    return None if account is None else stored.stream


ACCOUNTS = RowsView("accounts", "stream", _SCHEMA, _stream, _FOLDS)
