"""Finding accounts, invoices and payments by the number people call them."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from chassis.runtime.service import Service
from contracts.base import Identifier, Number
from services.ledger.api.roles import Reader
from services.ledger.views.numbers import found

FOUND_MAX = 100


class NumberOut(BaseModel):
    """Something with a number; `id` is what messages and other routes call it."""

    kind: Literal["account", "invoice", "payment"]
    id: str
    account_id: str
    number: str


class NumbersOut(BaseModel):
    """What has a number, a hundred things at the most."""

    items: list[NumberOut]


def router(service: Service) -> APIRouter:
    """The route `/v1/creditors/{creditor}/numbers`."""
    routes = APIRouter(prefix="/v1/creditors", tags=["accounts"])
    routes.get("/{creditor}/numbers")(Numbered(service).numbers)
    return routes


@dataclass(frozen=True)
class Numbered:
    """The route of numbers, on a service."""

    service: Service

    async def numbers(
        self,
        who: Reader,
        creditor: Annotated[Identifier, Path()],
        number: Annotated[Number | None, Query(description="as people write it")] = None,
    ) -> NumbersOut:
        """The accounts, invoices and payments with a number; capitals are no other letters."""
        things = await found(self.service, who.scope(creditor), number, FOUND_MAX)
        return NumbersOut(
            items=[
                NumberOut(kind=one.kind, id=one.id, account_id=one.account, number=text)
                for one, text in things.items()
            ]
        )
