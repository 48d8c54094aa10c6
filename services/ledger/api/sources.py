"""Who may publish `billing` for a creditor, over HTTP: list, add, remove."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from chassis.http.auth import Caller, Principal
from chassis.runtime.outgoing import ALL_ACCOUNTS
from chassis.runtime.service import Service
from chassis.store.work import Work
from contracts.base import Identifier, Label
from contracts.words.streams import key_of, sources_stream
from services.ledger.api.roles import may
from services.ledger.domain.sources import AddSource, RemoveSource, SourceAdded, decide

Administration = Annotated[Principal, may("set_sources")]
Reader = Annotated[Principal, may("see_sources")]


async def _creditor(who: Caller, creditor: Annotated[Identifier, Path()]) -> str:
    return who.scope(creditor)


CreditorInScope = Annotated[str, Depends(_creditor)]
Source = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="the `source` of the messages, exactly as they say it",
    ),
]


class SourceIn(BaseModel):
    """A source to add or to remove, and why."""

    model_config = ConfigDict(extra="forbid")

    source: Source
    reason: Label


class SourceChange(BaseModel):
    """Who added or removed a source, when and why."""

    source: str
    change: Literal["added", "removed"]
    by: str
    at: datetime
    reason: str


class SourcesOut(BaseModel):
    """The sources that may publish for a creditor, and every change of them, oldest first;
    `enforced` is false while there is no source: then every source may.
    """

    creditor: str
    enforced: bool
    sources: list[str]
    changes: list[SourceChange]


def router(service: Service) -> APIRouter:
    """The routes `/v1/creditors/{creditor}/sources`."""
    routes = APIRouter(prefix="/v1/creditors/{creditor}/sources", tags=["sources"])
    sources = SourcesOfCreditor(service)
    routes.get("", summary="Who may publish billing", operation_id="list_sources")(sources.listing)
    routes.post("", status_code=201, summary="Let a source publish", operation_id="add_source")(
        sources.add
    )
    routes.post("/removal", summary="Let a source no longer publish", operation_id="remove_source")(
        sources.remove
    )
    return routes


@dataclass(frozen=True)
class SourcesOfCreditor:
    """The routes of a creditor's sources, on a service."""

    service: Service

    async def listing(self, _who: Reader, creditor: CreditorInScope) -> SourcesOut:
        """Sources and the changes that led to them."""
        return await self._listed(creditor)

    async def add(
        self, who: Administration, creditor: CreditorInScope, wanted: SourceIn
    ) -> SourcesOut:
        """From the first source on, `billing` of the creditor is taken from its sources alone, by
        all services and at the door; what others sent stays a dead letter that can be tried again.
        """
        command = AddSource(wanted.source, who.subject, wanted.reason)
        return await self._changed(creditor, command)

    async def remove(
        self, who: Administration, creditor: CreditorInScope, wanted: SourceIn
    ) -> SourcesOut:
        """Once the last is removed, every source may publish again."""
        command = RemoveSource(wanted.source, who.subject, wanted.reason)
        return await self._changed(creditor, command)

    async def _changed(self, creditor: str, command: AddSource | RemoveSource) -> SourcesOut:
        stream = sources_stream(creditor)

        def run(work: Work) -> None:
            work.append(stream, decide(work.state(stream), command))

        await self.service.execute(key_of(creditor, ALL_ACCOUNTS), [stream], run)
        return await self._listed(creditor)

    async def _listed(self, creditor: str) -> SourcesOut:
        events = await self.service.events(sources_stream(creditor))
        known = events[-1].event.sources if events else ()
        changes = [
            SourceChange(
                source=one.event.source,
                change="added" if isinstance(one.event, SourceAdded) else "removed",
                by=one.event.by,
                at=one.at,
                reason=one.event.reason,
            )
            for one in events
        ]
        return SourcesOut(
            creditor=creditor, enforced=bool(known), sources=list(known), changes=changes
        )
