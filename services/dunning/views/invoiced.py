"""Everything invoiced, item by item, where a policy holds arrears against it."""

from chassis.store.stored import Stored
from services.dunning.views.rows import Fold, Row, place, rows_view

_SCHEMA = """
create table {table} (
  invoice text collate "C" not null,
  creditor text collate "C" not null,
  account text collate "C" not null,
  issued_on date not null,
  amount bigint not null,
  primary key (creditor, invoice)
);
create index on {table} (creditor, issued_on);
"""


def _counted(row: Row, stored: Stored) -> None:
    place(row, stored)
    row |= {"issued_on": stored.event.issued_on, "amount": stored.event.amount}


_FOLDS: dict[str, Fold] = {"InvoiceCounted": _counted}


def _invoice(stored: Stored) -> str:
    return f"{stored.stream}/{stored.event.item_id}"


INVOICED = rows_view("invoiced", "invoice", _SCHEMA, _invoice, _FOLDS)
