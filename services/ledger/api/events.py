"""The door for upstreams without Kafka: CloudEvents over HTTP, one or many, onto the `billing`
topic.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request, Response

from chassis.bus.base import Outgoing, lane_of
from chassis.errors import Busy, Malformed
from chassis.http.auth import Principal
from chassis.runtime.service import Service
from chassis.runtime.sources import not_among
from chassis.store.pool import acquire
from chassis.store.reads import states
from chassis.tracing import traceparent
from chassis.tracing.spans import current
from contracts.billing import AccountErased
from contracts.codec import SIZE_MAX, Message, decode
from contracts.errors import MalformedMessage, UnknownType
from contracts.registry import MODELS
from contracts.words.streams import Subject, creditor_of, key_of, sources_stream
from services.ledger import erasures
from services.ledger.api.events_document import BATCH, BINARY_ATTRIBUTES, BODY, REFUSED, refused
from services.ledger.api.models import EventResult, EventResults
from services.ledger.api.roles import may
from services.ledger.domain.aggregates import SOURCES

TOPIC = "billing"
EVENTS_MAX = 1000
_AT_ONCE = 50

_SINGLE = "application/cloudevents+json"
_BATCH = "application/cloudevents-batch+json"
_AT_THE_DOOR = "sent as an event over HTTP"
_ACCEPTED, _UNPROCESSABLE = 202, 422
_INSTANT_LENGTH_MAX = 64
_NAME = traceparent.HEADER.encode()
_Headers = tuple[tuple[str, bytes], ...]
_Judged = tuple[EventResult, Message | None, bytes, _Headers]
_read_array = msgspec.json.Decoder(list[msgspec.Raw]).decode

_ENDLESS_INSTANT = re.compile(rb'"(\w+)"\s*:\s*"\d{4}-\d\d-\d\d[Tt ][0-9:.]{32}')
"""An instant with more digits than any clock has; the decoder would read it to its end."""

Upstream = Annotated[Principal, may("send_events")]


def router(service: Service) -> APIRouter:
    """The routes `POST /v1/events` and `/v1/events/batch`."""
    routes = APIRouter(prefix="/v1/events", tags=["events"])
    door = Door(service)
    routes.post(
        "",
        status_code=_ACCEPTED,
        operation_id="send_events",
        response_model=EventResults,
        responses={_UNPROCESSABLE: REFUSED},
        openapi_extra={"requestBody": BODY, "parameters": BINARY_ATTRIBUTES},
    )(door.accept)
    routes.post(
        "/batch",
        status_code=_ACCEPTED,
        operation_id="send_event_batch",
        response_model=EventResults,
        responses={_UNPROCESSABLE: REFUSED},
        openapi_extra={"requestBody": BATCH},
    )(door.accept_batch)
    return routes


@dataclass(frozen=True)
class Door:
    """The routes of upstream events, on a service."""

    service: Service

    async def accept(self, who: Upstream, request: Request) -> Any:
        """Take CloudEvents (structured, batch or binary mode) and answer for each of them.

        What is accepted is on the bus when this returns; 202 when any was, else 422. The account is
        worked on when the ledger consumes it: what the rules refuse then is a dead letter.
        """
        return await _taken(self.service, who, request, _events(request, await request.body()))

    async def accept_batch(self, who: Upstream, request: Request) -> Any:
        """Take a JSON array of CloudEvents, as `/v1/events` does in batch mode: one type of body,
        for clients that are generated.
        """
        return await _taken(self.service, who, request, _batched(await request.body()))


async def _taken(
    service: Service, who: Principal, request: Request, events: Iterable[tuple[bytes, _Headers]]
) -> EventResults | Response:
    _require_room(service)
    judged: list[_Judged] = []
    for value, headers in events:
        judged.append((*_judge(who, value, headers), value, headers))
        if len(judged) % _AT_ONCE == 0:
            await asyncio.sleep(0)  # whatever else the service does goes on meanwhile
    closed = await _closed(service, [message for _, message, _, _ in judged if message is not None])
    results: list[EventResult] = []
    outgoing: list[Outgoing] = []
    ordered: list[Message] = []
    given = _traceparent(request)
    for result, message, value, headers in judged:
        foreign = None if message is None else not_among(closed, TOPIC, message)
        if foreign is not None:
            results.append(EventResult(id=result.id, status="rejected", problem=str(foreign)))
            continue
        results.append(result)
        if message is not None and message.type == AccountErased.TYPE:
            ordered.append(message)
        elif message is not None:
            traced = _traced(message, value, headers, given)
            outgoing.append(_to_bus(message, *traced, service.bus.partitions))
    if not outgoing and not ordered:
        return refused(results)
    await service.bus.publish(outgoing)
    for message in ordered:
        subject = Subject(message.creditor, message.subject)
        await erasures.order(service, subject, who.subject, _AT_THE_DOOR, message.id)
    return EventResults(events=results)


def _require_room(service: Service) -> None:
    """Raise `Busy` while more waits to be read than should: upstream keeps the rest."""
    most, waiting = (
        service.settings.intake_waiting_max,
        max(service.signals.unread.values(), default=0),
    )
    if 0 < most < waiting:
        raise Busy(
            f"{waiting} messages of a partition wait to be read, {most} may: send these later"
        )


async def _closed(service: Service, messages: Sequence[Message]) -> Mapping[str, tuple[str, ...]]:
    """The creditors of some messages for which not everybody may publish, and who may."""
    streams = {sources_stream(message.creditor) for message in messages}
    async with acquire(service.pool) as connection:
        found = await states(connection, SOURCES, streams)
    return {creditor_of(name): one.sources for name, one in found.items() if one.sources}


def _events(request: Request, body: bytes) -> Iterator[tuple[bytes, _Headers]]:
    """The events of a request: bytes, and headers as the Kafka binding has them."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == _BATCH:
        yield from _batched(body)
    elif media_type == _SINGLE:
        yield body, (("content-type", _SINGLE.encode()),)
    elif "ce-specversion" in request.headers:
        attributes = [
            (f"ce_{name.removeprefix('ce-')}", value.encode())
            for name, value in request.headers.items()
            if name.startswith("ce-")
        ]
        yield body, (("content-type", media_type.encode()), *attributes)
    else:
        raise Malformed(
            f"content-type: {_SINGLE}, {_BATCH}, or JSON data with ce- headers (binary mode)"
        )


def _batched(body: bytes) -> Iterator[tuple[bytes, _Headers]]:
    for raw in _batch(body):
        yield bytes(raw), (("content-type", _SINGLE.encode()),)


def _batch(body: bytes) -> Sequence[msgspec.Raw]:
    try:
        events = _read_array(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Malformed("body: a batch is a JSON array of CloudEvents") from error
    if not 0 < len(events) <= EVENTS_MAX:
        raise Malformed(f"body: a batch has 1 to {EVENTS_MAX} events, not {len(events)}")
    return events


def _judge(who: Principal, value: bytes, headers: _Headers) -> tuple[EventResult, Message | None]:
    """What is to be said about one event, and the message when it can be taken."""
    try:
        message = decode(value, headers)
    except (MalformedMessage, UnknownType) as error:
        return EventResult(id=_id_of(value, headers), status="rejected", problem=str(error)), None
    if MODELS[message.type].TOPIC != TOPIC:
        problem = f"type: {message.type} is not an upstream event"
    elif not who.has(_role(message)):
        problem = f"type: {message.type} takes the role {_role(message)}"
    elif not who.may_see(message.creditor):
        problem = f"creditor: the token does not cover {message.creditor}"
    elif len(value) > SIZE_MAX:
        problem = f"message: is more than {SIZE_MAX} bytes"
    elif (field := _endless(value, headers)) is not None:
        problem = f"{field}: is an instant with too many digits"
    else:
        return EventResult(id=message.id, status="accepted"), message
    return EventResult(id=message.id, status="rejected", problem=problem), None


def _endless(value: bytes, headers: _Headers) -> str | None:
    """The field whose instant does not come to an end in a reasonable time."""
    if len(dict(headers).get("ce_time", b"")) > _INSTANT_LENGTH_MAX:
        return "time"
    found = _ENDLESS_INSTANT.search(value)
    return None if found is None else found[1].decode()


def _role(message: Message) -> str:
    """Who may send a message: nobody but a person erases a debtor."""
    return "administration" if message.type == AccountErased.TYPE else "upstream"


def _traceparent(request: Request) -> str | None:
    """The trace that the request's events belong to, unless they say so themselves."""
    span = current()
    if span is not None:
        return span.traceparent
    given = request.headers.get(traceparent.HEADER)
    return given if given is not None and traceparent.read(given) is not None else None


def _traced(
    message: Message, value: bytes, headers: _Headers, given: str | None
) -> tuple[bytes, _Headers]:
    """A message with the trace it belongs to; one that has no room for it stays as it is."""
    if given is None or message.traceparent is not None:
        return value, headers
    if len(headers) > 1:  # binary mode
        return value, (*headers, (f"ce_{traceparent.HEADER}", given.encode()))
    longer = value.replace(b"{", b'{"%b":"%b",' % (_NAME, given.encode()), 1)
    return (longer if len(longer) <= SIZE_MAX else value), headers


def _to_bus(message: Message, value: bytes, headers: _Headers, partitions: int) -> Outgoing:
    key = key_of(message.creditor, message.subject).encode()
    return Outgoing(TOPIC, lane_of(key, partitions), key, value, headers)


def _id_of(value: bytes, headers: _Headers) -> str | None:
    """The id of an event that does not decode, when it can be made out."""
    named = dict(headers).get("ce_id")
    if named is not None:
        return named.decode(errors="replace")
    try:
        event = msgspec.json.decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    found = event.get("id") if isinstance(event, dict) else None
    return found if isinstance(found, str) else None
