"""Loading what a slice of a batch needs, with one query for all of it."""

from collections.abc import Sequence

from asyncpg import Connection

from chassis.runtime.routes import Item
from chassis.store.store import Store
from chassis.store.work import Work
from contracts.words.streams import Subject


async def load(
    store: Store,
    connection: Connection,
    work: Work,
    items: Sequence[Item],
    more: Sequence[str],
    *,
    asks_for_more: bool,
) -> None:
    """Load the streams of some messages, and `more`; `asks_for_more` says whether a history or a
    key may be needed.
    """
    histories: list[str] = []
    subjects: list[Subject] = []
    if asks_for_more:
        for _, message, route, streams in items:
            if route.history:
                histories.extend(streams)
            if route.asks_for_key(message):
                subjects.append(Subject(message.creditor, message.subject))
    await store.extend(
        connection,
        work,
        streams=[*more, *(one for _, _, _, streams in items for one in streams)],
        subjects=subjects,
        histories=histories,
    )
    if store.beside is not None:
        about = [
            stream
            for _, message, route, streams in items
            if route.asks_beside(message)
            for stream in streams
        ]
        await store.load_beside(connection, work, about, lock=False)
