"""The read model of receipts: one row for each cash payment of a creditor with a cash desk."""

from collections.abc import Sequence

from asyncpg import Connection

from chassis.stored import Stored
from services.ledger.domain.cash import CashReceived, CashReversed

_INSERT = """
insert into {table}
  (creditor, receipt, account, payment_id, amount, currency, day, collected_by, void)
values ($1, $2, $3, $4, $5, $6, $7, $8, false)
on conflict (creditor, receipt) do nothing"""
_VOID = "update {table} set void = true where creditor = $1 and payment_id = $2"


class ReceiptsView:
    """Receipts by number; one of a reversed payment is void."""

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
          primary key (creditor, receipt));
        create index on {table} (creditor, payment_id);
        create index on {table} (creditor, day, receipt)"""

    async def apply(self, connection: Connection, table: str, events: Sequence[Stored]) -> None:
        """Add receipts, and void those of reversed payments."""
        for stored in events:
            event = stored.event
            if not isinstance(event, CashReceived | CashReversed):
                continue
            creditor = stored.stream.partition("-")[2].rpartition("@")[0]
            if isinstance(event, CashReversed):
                await connection.execute(_VOID.format(table=table), creditor, event.payment_id)
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
