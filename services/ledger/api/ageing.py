"""Ageing of a creditor's open items."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Path

from chassis.http.turns import Turns
from chassis.runtime.service import Service
from contracts.base import Identifier
from services.ledger.api.models import AgeingBucket, AgeingOut
from services.ledger.api.roles import Reader
from services.ledger.api.snapshot import AsOf, terms_of, when
from services.ledger.views.ageing import aged_as_of, aged_today, buckets


def router(service: Service) -> APIRouter:
    """The route `/v1/creditors/{creditor}/ageing`."""
    routes = APIRouter(prefix="/v1/creditors", tags=["ageing"])
    routes.get("/{creditor}/ageing", operation_id="get_ageing")(Ageing(service).ageing)
    return routes


@dataclass(frozen=True)
class Ageing:
    """The route of ageing, on a service."""

    service: Service
    turns: Turns = field(default_factory=lambda: Turns("the ageing of a past day"))

    async def ageing(
        self, who: Reader, creditor: Annotated[Identifier, Path()], as_of: AsOf = None
    ) -> AgeingOut:
        """Open items by days overdue; for a past day folded from the events of all accounts."""
        terms = await terms_of(self.service, who.scope(creditor))
        day, until = when(terms, self.service.clock.now(), as_of)
        turn = nullcontext() if as_of is None else self.turns.of(creditor)
        async with turn, self.service.pool.acquire(timeout=10) as connection:
            if as_of is None:
                aged = await aged_today(connection, creditor, day)
            else:
                aged = await aged_as_of(connection, creditor, day, until)
        table = [AgeingBucket(**bucket._asdict()) for bucket in buckets(aged)]
        principal = sum(bucket.principal for bucket in table)
        late_fee = sum(bucket.late_fee for bucket in table)
        return AgeingOut(
            creditor=creditor,
            as_of=day,
            currency=terms.currency,
            buckets=table,
            principal=principal,
            late_fee=late_fee,
            total=principal + late_fee,
        )
