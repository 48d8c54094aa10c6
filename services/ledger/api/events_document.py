"""How `POST /v1/events` is described to generators of clients; its answer when nothing is taken."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Response
from pydantic import AwareDatetime, BaseModel, Field, WithJsonSchema

from chassis.http.openapi import named
from chassis.http.problems import MEDIA_TYPE, problem
from contracts import billing as b
from contracts.base import Identifier
from contracts.registry import MODELS
from services.ledger.api.models import EventResult

_TYPES = sorted(name for name, model in MODELS.items() if model.TOPIC == "billing")
Told = (
    b.AccountErased
    | b.AccountUpserted
    | b.CreditGranted
    | b.DepositMade
    | b.DirectDebitFailed
    | b.InvoiceAdjusted
    | b.InvoiceCancelled
    | b.InvoiceIssued
    | b.ObservationRecorded
    | b.PaymentReceived
    | b.PaymentReversed
    | b.RestrictionConfirmed
)
"""What upstream may tell; a test holds it to be all of the topic."""


class BillingEvent(BaseModel):
    """A CloudEvent 1.0 of an upstream billing platform; `subject` is the account (or `*`), `data`
    has the fields of its type.
    """

    specversion: Literal["1.0"]
    id: Annotated[str, Field(min_length=1, max_length=256, description="unique with `source`")]
    source: Annotated[str, Field(min_length=1, max_length=512)]
    type: Annotated[str, WithJsonSchema({"type": "string", "enum": _TYPES})]
    time: AwareDatetime
    creditor: Identifier
    subject: Annotated[str, Field(max_length=128)] = "*"
    datacontenttype: Literal["application/json"] = "application/json"
    correlationid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None
    data: Told


class EventsRefused(BaseModel):
    """A problem document; `events` has the reason for each of them, where they could be read."""

    type: str
    title: str
    status: int
    detail: str
    events: list[EventResult] | None = None


_EVENT = named(BillingEvent)
_EVENTS = {"type": "array", "minItems": 1, "maxItems": 1000, "items": _EVENT}
BATCH: dict[str, Any] = {
    "required": True,
    "content": {"application/cloudevents-batch+json": {"schema": _EVENTS}},
}
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/cloudevents+json": {"schema": _EVENT},
        # No schema here: a generator that tells bodies apart by their class cannot do it for lists.
        "application/cloudevents-batch+json": {},
        "application/json": {
            "schema": {"type": "object", "title": "BinaryModeData", "additionalProperties": True}
        },
    },
}
BINARY_ATTRIBUTES: list[dict[str, Any]] = [
    {
        "name": f"ce-{name}",
        "in": "header",
        "required": False,
        "description": "binary mode only: the attribute of the event whose data is the body",
        "schema": {"type": "string"},
    }
    for name in ("specversion", "id", "source", "type", "subject", "time", "creditor")
]
REFUSED: dict[str, Any] = {
    "description": "No event was taken, or the body is none.",
    "content": {MEDIA_TYPE: {"schema": named(EventsRefused)}},
}


def refused(results: Sequence[EventResult]) -> Response:
    """The answer when no event was taken."""
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "no event was taken",
        kind="malformed",
        events=[each.model_dump() for each in results],
    )
