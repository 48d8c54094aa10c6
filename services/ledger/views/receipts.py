"""The read model of receipts: one row for each cash payment of a creditor with a cash desk."""

from typing import Any

from chassis.store.stored import Stored
from chassis.store.views import View, by_statement
from contracts.words.streams import creditor_of
from services.ledger.domain.cash.events import CashReceived, CashReversed

_INSERT = """
insert into {table}
  (creditor, receipt, account, payment_id, amount, currency, day, collected_by, void,
   taken_back)
values ($1, $2, $3, $4, $5, $6, $7, $8, false, 0)
on conflict (creditor, receipt) do nothing"""
_TAKE_BACK = """
update {table} set taken_back = taken_back + $3, void = taken_back + $3 >= amount
where creditor = $1 and payment_id = $2"""
_SCHEMA = """
        create table {table} (
          creditor text collate "C" not null,
          receipt text collate "C" not null,
          account text collate "C" not null,
          payment_id text collate "C" not null,
          amount bigint not null,
          currency text not null,
          day date not null,
          collected_by text collate "C",
          void boolean not null,
          taken_back bigint not null,
          primary key (creditor, receipt));
        create index on {table} (creditor, payment_id);
        create index on {table} (creditor, day, receipt)"""


def _change(stored: Stored) -> tuple[str, tuple[Any, ...]] | None:
    """A receipt is added; what of its payment was taken back is noted."""
    event, creditor = stored.event, creditor_of(stored.stream)
    match event:
        case CashReceived():
            return _INSERT, (
                creditor,
                event.receipt,
                event.account,
                event.payment_id,
                event.amount,
                event.currency,
                event.day,
                event.collected_by,
            )
        case CashReversed():
            return _TAKE_BACK, (creditor, event.payment_id, event.amount)
        case _:
            return None


RECEIPTS = View("receipts", _SCHEMA, by_statement(_change))
"""Receipts by number; one whose payment was taken back wholly is void."""
