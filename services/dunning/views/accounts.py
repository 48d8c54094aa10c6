"""Accounts: the running case of each, what is owed, whom it belongs to, and when dunning next has
something to do for it.
"""

from chassis.store.stored import Stored
from services.dunning.views.rows import Fold, Row, owner_of, place, rows_view

_SCHEMA = """
create table {table} (
  creditor text collate "C" not null,
  account text collate "C" not null,
  case_id text collate "C",
  next_at timestamptz,
  department text collate "C",
  guarantors jsonb not null default '[]',
  open_items jsonb not null default '{{}}',
  owed bigint not null default 0,
  currency text,
  number text collate "C",
  number_index text collate "C",
  closed_at timestamptz,
  prepaid bigint not null default 0,
  is_open boolean not null default false,
  primary key (creditor, account)
);
create index on {table} (creditor, number_index) where number_index is not null;
create index on {table} (creditor, (-owed), case_id) where case_id is not null;
create index on {table} (creditor, closed_at, account) where closed_at is not null;
create index on {table} (creditor, account) where is_open;
"""


def _place(row: Row, stored: Stored) -> None:
    place(row, stored)
    row.setdefault("guarantors", [])
    row.setdefault("open_items", {})
    row.setdefault("owed", 0)
    row.setdefault("prepaid", 0)


def _rest(row: Row, stored: Stored) -> None:
    """Note since when nothing has been owed of it, and no case open; money that waits is open too.

    An item of which nothing but its late fee is left stands among the open ones with 0.
    """
    in_use = row.get("case_id") is not None or bool(row["open_items"])
    row |= {
        "closed_at": None if in_use else stored.at,
        "is_open": in_use or row["prepaid"] > 0,
    }


def _opened(row: Row, stored: Stored) -> None:
    _place(row, stored)
    row["case_id"] = stored.event.case_id
    _rest(row, stored)


def _closed(row: Row, stored: Stored) -> None:
    _place(row, stored)
    row["case_id"] = None
    _rest(row, stored)


def _scheduled(row: Row, stored: Stored) -> None:
    _place(row, stored)
    row["next_at"] = stored.event.at


def _updated(row: Row, stored: Stored) -> None:
    _place(row, stored)
    row["department"] = stored.event.department
    row["guarantors"] = list(stored.event.guarantors)
    number = stored.event.number
    row["number"] = None if number is None else number.sealed.hex()
    row["number_index"] = None if number is None else number.index.hex()
    if row.get("closed_at") is None:  # being told of again is no use of an account
        _rest(row, stored)


def _owes(row: Row, stored: Stored) -> None:
    _place(row, stored)
    left = row["open_items"]
    for item in stored.event.items:
        left.pop(item.item_id, None)
        if item.state == "open":
            left[item.item_id] = item.principal
    row |= {
        "owed": sum(left.values()),
        "prepaid": stored.event.prepaid,
        "currency": stored.event.currency,
    }
    _rest(row, stored)


def _erased(row: Row, stored: Stored) -> None:
    _place(row, stored)
    row |= {"guarantors": [], "number": None, "number_index": None, "closed_at": None}


def _over(row: Row, stored: Stored) -> None:
    _place(row, stored)
    row["closed_at"] = None


def _released(row: Row, stored: Stored) -> None:
    """What a hold kept from being over is counted anew from the end of the last one."""
    _place(row, stored)
    if row.get("closed_at") is None and stored.event.standing is None:
        _rest(row, stored)


_FOLDS: dict[str, Fold] = {
    "CaseOpened": _opened,
    "CaseClosed": _closed,
    "ItemsUpdated": _owes,
    "WakeScheduled": _scheduled,
    "AccountUpdated": _updated,
    "AccountErased": _erased,
    "HoldReleased": _released,
    "RetentionEnded": _over,
}


def _account(stored: Stored) -> str | None:
    return owner_of(stored)[1]


ACCOUNTS = rows_view("accounts", "account", _SCHEMA, _account, _FOLDS)
