"""What a ledger leaves out that came back without the bus: what it did after its backup is known
nowhere any more.
"""

from datetime import datetime

from chassis.runtime.service import Service
from chassis.store.pool import acquire
from chassis.store.reads import streams_of
from chassis.store.work import Work
from contracts.words.streams import creditor_of, key_of, receipts_stream
from services.ledger.domain.aggregates import TERMS
from services.ledger.domain.calendar import local_day
from services.ledger.domain.cash import receipts
from services.ledger.domain.terms import CreditorTerms


async def leave_receipts_out(service: Service, since: datetime) -> None:
    """Leave a gap in the receipts of every creditor: a number that stands on paper is never given
    to another payment.

    Also of one without a cash desk: it may have had one after the backup, and may have it again.
    """
    async with acquire(service.pool) as connection:
        found = await streams_of(connection, f"{TERMS.name}-")
    for stream in {creditor_of(terms): terms for terms in found}.values():
        await _leave_out(service, stream, since)


async def _leave_out(service: Service, stream: str, since: datetime) -> None:
    creditor = creditor_of(stream)
    series = receipts_stream(creditor)

    def run(work: Work) -> None:
        terms: CreditorTerms = work.state(stream)
        if terms.current is not None:
            zone = terms.current.time_zone
            first, last = local_day(zone, since), local_day(zone, work.now)
            work.append(series, receipts.leave_out(work.state(series), first, last))

    await service.execute(key_of(creditor, "*"), [stream, series], run)
