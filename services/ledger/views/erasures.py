"""The read model of erasures: one row for each request, and what became of it."""

from typing import Any

from chassis.store.stored import Stored
from chassis.store.views import View, by_statement
from contracts.words.streams import subject_of
from services.ledger.domain import erasure as e

_REQUEST = """
insert into {table} (creditor, account, number, status, asked_at, source, message_id, expires_at,
  sealed)
values ($1, $2, $3, 'pending', $4, $5, $6, $7, $8)
on conflict (creditor, account, number) do nothing"""
_CONFIRM = """
insert into {table} as t (creditor, account, number, status, asked_at, answered_at, answered_by,
  reason)
values ($1, $2, $3, 'confirmed', $4, $4, $5, $6)
on conflict (creditor, account, number) do update
set status = 'confirmed', answered_at = $4, answered_by = $5, reason = $6
where t.status <> 'confirmed'"""
_REFUSE = """
update {table} set status = 'refused', answered_at = $4, answered_by = $5, reason = $6
where creditor = $1 and account = $2 and number = $3"""
_LAPSE = """
update {table} set status = 'lapsed' where creditor = $1 and account = $2 and number = $3"""
_ERASE = """
update {table} set erased_at = $4 where creditor = $1 and account = $2 and number = $3"""
_SCHEMA = """
        create table {table} (
          creditor text collate "C" not null,
          account text collate "C" not null,
          number int not null,
          status text collate "C" not null,
          asked_at timestamptz not null,
          source text,
          message_id text,
          expires_at timestamptz,
          sealed bytea,
          answered_at timestamptz,
          answered_by text,
          reason text,
          erased_at timestamptz,
          primary key (creditor, account, number));
        create index on {table} (creditor, status, account, number)"""


def _change(stored: Stored) -> tuple[str, tuple[Any, ...]] | None:
    event = stored.event
    if not isinstance(event, e.ErasureEvent):
        return None
    which = (*subject_of(stored.stream), event.number)
    match event:
        case e.ErasureRequested():
            told = (event.source, event.message_id, event.expires_at, event.sealed)
            return _REQUEST, (*which, stored.at, *told)
        case e.ErasureConfirmed():
            return _CONFIRM, (*which, stored.at, event.by, event.reason)
        case e.ErasureRefused():
            return _REFUSE, (*which, stored.at, event.by, event.reason)
        case e.ErasureLapsed():
            return _LAPSE, which
        case e.DebtorErased():
            return _ERASE, (*which, stored.at)


ERASURES = View("erasures", _SCHEMA, by_statement(_change))
"""Erasures of a creditor's debtors that were asked for, on the bus or by a person."""
