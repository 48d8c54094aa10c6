"""What a ledger leaves out that came back without the bus: what it did after its backup is known
nowhere any more.
"""

from datetime import datetime

from chassis.runtime.service import Service
from chassis.store.pool import acquire
from chassis.store.reads import streams_of
from chassis.store.work import Work
from contracts.words.streams import creditor_of, key_of, receipts_stream
from services.ledger.domain.aggregates import CASH_DESK
from services.ledger.domain.cash import receipts
from services.ledger.domain.cash.state import CashDesk


async def leave_receipts_out(service: Service, since: datetime) -> None:
    """Leave a gap in the receipts of every creditor with a cash desk: a number that stands on paper
    is never given to another payment.
    """
    async with acquire(service.pool) as connection:
        desks = await streams_of(connection, f"{CASH_DESK.name}-")
    for stream in {creditor_of(desk): desk for desk in desks}.values():
        await _leave_out(service, stream, since)


async def _leave_out(service: Service, stream: str, since: datetime) -> None:
    creditor = creditor_of(stream)
    series = receipts_stream(creditor)

    def run(work: Work) -> None:
        desk: CashDesk = work.state(stream)
        if desk.is_open:
            first, last = desk.day(since), desk.day(work.now)
            work.append(series, receipts.leave_out(work.state(series), first, last))

    await service.execute(key_of(creditor, "*"), [stream, series], run)
