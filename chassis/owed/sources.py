"""Who may publish `billing` for a creditor, as the ledger told a lane of another service."""

from msgspec import Struct

from chassis.store.aggregate import Aggregate, evolver


class SourcesTold(Struct, frozen=True, tag="sources_told"):
    """The ledger told who may publish for the creditor."""

    sources: tuple[str, ...]


class ToldSources(Struct, frozen=True):
    """What a lane was told last; `()`, as before anything was: anybody may."""

    sources: tuple[str, ...] = ()


def told_sources(event: type[SourcesTold]) -> Aggregate[ToldSources, SourcesTold]:
    """A creditor's sources in every lane of a service that is told them, stored as `event`."""
    return Aggregate(
        name="sources",
        state=ToldSources,
        events=event,
        initial=lambda _stream: ToldSources(),
        evolve=evolver({event: lambda _state, told: ToldSources(told.sources)}),
    )


TOLD_SOURCES = told_sources(SourcesTold)
"""The aggregate of the services that store it under this name."""
