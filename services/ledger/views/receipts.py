"""The read model of receipts: one row for each cash payment of a creditor with a cash desk."""

from collections.abc import Sequence

from asyncpg import Connection

from chassis.store.stored import Stored
from contracts.words.streams import creditor_of
from services.ledger.domain.cash import CashReceived, CashReversed

_INSERT = """
insert into {table}
  (creditor, receipt, account, payment_id, amount, currency, day, collected_by, void,
   taken_back)
values ($1, $2, $3, $4, $5, $6, $7, $8, false, 0)
on conflict (creditor, receipt) do nothing"""
_TAKE_BACK = """
update {table} set taken_back = taken_back + $3, void = taken_back + $3 >= amount
where creditor = $1 and payment_id = $2"""


class ReceiptsView:
    """Receipts by number; one whose payment was taken back wholly is void."""

    name = "receipts"

    def ddl(self, table: str) -> str:
        """The statements that create the table."""
        return f"""
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

    async def apply(self, connection: Connection, table: str, events: Sequence[Stored]) -> None:
        """Add receipts, and note what of their payments was taken back."""
        for stored in events:
            event = stored.event
            if not isinstance(event, CashReceived | CashReversed):
                continue
            creditor = creditor_of(stored.stream)
            if isinstance(event, CashReversed):
                await connection.execute(
                    _TAKE_BACK.format(table=table), creditor, event.payment_id, event.amount
                )
                continue
            await connection.execute(
                _INSERT.format(table=table),
                creditor,
                event.receipt,
                event.account,
                event.payment_id,
                event.amount,
                event.currency,
                event.day,
                event.collected_by,
            )
