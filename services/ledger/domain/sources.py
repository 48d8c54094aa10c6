"""Who may publish `billing` for a creditor: names of sources, each added and removed by a person
for a reason. While there is none, anybody who can write to the topic may.
"""

from typing import TypeAlias

import msgspec

from chassis.errors import Rejected
from chassis.store.aggregate import evolver

SOURCES_MAX = 100
"""Of one creditor; its list is told in one message."""


class SourceAdded(msgspec.Struct, frozen=True, tag="SourceAdded"):
    """A source may publish from now on; `sources` are all that may."""

    source: str
    by: str
    reason: str
    sources: tuple[str, ...]


class SourceRemoved(msgspec.Struct, frozen=True, tag="SourceRemoved"):
    """A source may no longer publish; `sources` are those that may, without one anybody."""

    source: str
    by: str
    reason: str
    sources: tuple[str, ...]


SourcesEvent: TypeAlias = SourceAdded | SourceRemoved


class Sources(msgspec.Struct, frozen=True, array_like=True):
    """Who may publish for a creditor; `()`: anybody."""

    sources: tuple[str, ...] = ()


class AddSource(msgspec.Struct, frozen=True):
    """Let a source publish."""

    source: str
    by: str
    reason: str


class RemoveSource(msgspec.Struct, frozen=True):
    """Let a source no longer publish."""

    source: str
    by: str
    reason: str


def decide(state: Sources, command: AddSource | RemoveSource) -> list[SourcesEvent]:
    """The change of the list; nothing when it is as wanted already."""
    known = state.sources
    if isinstance(command, RemoveSource):
        if command.source not in known:
            return []
        left = tuple(one for one in known if one != command.source)
        return [SourceRemoved(command.source, command.by, command.reason, left)]
    if command.source in known:
        return []
    if len(known) == SOURCES_MAX:
        raise Rejected(f"a creditor has {SOURCES_MAX} sources at most")
    sources = (*known, command.source)
    return [SourceAdded(command.source, command.by, command.reason, sources)]


def initial(_stream: str) -> Sources:
    """A creditor for which anybody may publish."""
    return Sources()


evolve = evolver(
    {
        SourceAdded: lambda _state, event: Sources(event.sources),
        SourceRemoved: lambda _state, event: Sources(event.sources),
    }
)
"""The sources after a change."""
