"""Who may publish `billing` for which creditor: what a consumer asks before it handles a message.

The ledger keeps the registry of each creditor and tells it to every lane; each other service keeps
what its lanes were told in a stream for each lane. Either way the state is loaded with the others
that a batch needs, so that no message costs a statement.
"""

from collections.abc import Callable, Iterable, Mapping

from chassis.errors import Forbidden
from chassis.store.work import Work
from contracts.billing import AccountErased
from contracts.codec import Message
from contracts.registry import FOREIGN, OWNERS

SourcesStream = Callable[[str, int], str]
"""The stream of a creditor's sources, as a lane reads it; its state has them as `sources`."""


def registries(
    stream_of: SourcesStream | None, lane: int, messages: Iterable[tuple[str, Message]]
) -> dict[str, str]:
    """By creditor, the streams that say who may publish the messages, each with its topic."""
    if stream_of is None:
        return {}
    creditors = {message.creditor for topic, message in messages if topic == FOREIGN}
    return {creditor: stream_of(creditor, lane) for creditor in creditors}


def enforced(work: Work, streams: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """By creditor, who may publish; without those for whom anybody may."""
    found = {creditor: work.state(stream).sources for creditor, stream in streams.items()}
    return {creditor: sources for creditor, sources in found.items() if sources}


def not_among(
    sources: Mapping[str, tuple[str, ...]], topic: str, message: Message
) -> Forbidden | None:
    """Why a message may not be handled: its creditor has sources, and its own is none of them."""
    allowed = sources.get(message.creditor)
    if topic != FOREIGN or allowed is None or message.source in allowed:
        return None
    if message.type == AccountErased.TYPE and message.source == OWNERS["ledger"]:
        return None  # how the ledger carries out what a person confirmed; alone it does nothing
    return Forbidden(
        f"source: {message.source} may not publish {topic} for {message.creditor}: "
        "it is not among the creditor's sources"
    )
