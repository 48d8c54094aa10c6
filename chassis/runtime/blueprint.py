"""What a service is, as one literal value: its routes and the pieces its `main.py` chose."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import APIRouter

from chassis.runtime.figures import Figure
from chassis.runtime.outgoing import Publish
from chassis.runtime.routes import MessageRoute, WakeRoute
from chassis.runtime.service import Service
from chassis.runtime.sources import SourcesStream
from chassis.store.aggregate import Aggregate
from chassis.store.beside import Beside
from chassis.store.cached_states import STREAMS_MAX
from chassis.store.views import View

Worker = Callable[[Service], Awaitable[int]]
"""Work outside transactions (calls to gateways): does what is due and returns how much that was."""


@dataclass(frozen=True)
class Blueprint:
    """The literal tables of one service.

    `name` is also its schema. `retry_after` are message types that make parked messages of their
    creditor worth another try. In one service `forgets` names all services that read `billing`: it
    has an erased person's messages taken off the bus once these are past them. In the same one
    `read_by` names all services that read each topic: what these have read is let go of on a bus
    that keeps it else. `beside` are rows that belong to no single stream. `guards` are topics
    that others write, on which a type nobody knows is a dead letter: in one service too, so that it
    is one. `sources_of` names the stream that says who may publish
    `billing` for a creditor, in every service that reads it. `figures` are gauges of its business.
    `kept_max` is of how many streams a lane's consumer keeps the states it committed.
    `undivided` are the kinds of streams that belong to no single lane, of a service whose lanes may
    be in several databases where it has none of these; None: all its lanes are in one.
    """

    name: str
    aggregates: Sequence[Aggregate[Any, Any]]
    messages: Mapping[str, MessageRoute]
    wakes: Mapping[str, WakeRoute]
    publish: Publish
    reads: Sequence[str]
    writes: Sequence[str]
    views: Sequence[View] = ()
    routers: Callable[[Service], Sequence[APIRouter]] = lambda _service: ()
    workers: Sequence[Worker] = ()
    migrations: Sequence[Path] = ()
    retry_after: frozenset[str] = frozenset()
    forgets: Sequence[str] = ()
    read_by: Mapping[str, Sequence[str]] = field(default_factory=dict)
    beside: Beside | None = None
    guards: Sequence[str] = ()
    sources_of: SourcesStream | None = None
    figures: Sequence[Figure] = ()
    kept_max: int = STREAMS_MAX
    undivided: frozenset[str] | None = None
