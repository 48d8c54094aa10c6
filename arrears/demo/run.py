"""Runs the demonstration."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from arrears.billing import Event
from arrears.demo import papers, summary
from arrears.demo.tally import Tally
from arrears.errors import UsageError
from arrears.listening import Listener
from arrears.simulation import Action
from arrears.temporary import temporary_folder
from arrears.upstream import send
from arrears.world import World, one_lane, open_world
from chassis.settings import Settings

_TOPICS = ("ledger", "dunning", "notifier", "legal")
_LISTEN_EVERY = timedelta(days=14)
_REST = timedelta(hours=6)
_HALF_A_YEAR = timedelta(days=181)


def read_samples(folder: Path) -> tuple[list[dict[str, Any]], list[Event]]:
    """Return the creditors and all events of a samples folder, oldest first."""
    try:
        creditors = orjson.loads((folder / "creditors.json").read_bytes())
        lines = [
            line
            for creditor in creditors
            for line in (folder / f"{creditor['id']}.jsonl").read_bytes().splitlines()
        ]
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from error
    events = sorted((orjson.loads(line) for line in lines), key=itemgetter("time"))
    return creditors, events


async def run(samples: Path, folder: Path, console: Console) -> None:
    """Play the samples through the real services and print the summary; notices go to `folder`."""
    creditors, events = read_samples(samples)
    outbox, documents = folder / "outbox", folder / "documents"
    for old in (outbox, documents, folder / "posting", folder / "evidence"):
        shutil.rmtree(old, ignore_errors=True)
    console.print("starting PostgreSQL, the bus and the four services …")
    tally = Tally()
    with temporary_folder() as store:
        async with open_world(one_lane(Settings()), store, letters="pdf") as world:
            ageing = await _play(world, creditors, events, tally, console)
            left = await papers.leave(world, folder)
            for made, kept in ((world.outbox, outbox), (world.documents, documents)):
                if made.is_dir():
                    shutil.copytree(made, kept)
    summary.show(console, tally, creditors, ageing)
    summary.show_files(console, outbox, "notices that went out")
    summary.show_files(console, documents, "legal documents")
    papers.write_lines(outbox, folder / "sms.txt")
    for sentence in (f"text messages, one on a line: {folder / 'sms.txt'}", *left):
        console.print(sentence, soft_wrap=True, highlight=False)


async def _play(
    world: World,
    creditors: Sequence[Mapping[str, Any]],
    events: Sequence[Event],
    tally: Tally,
    console: Console,
) -> Mapping[str, Mapping[str, int]]:
    begins = _instant(events[0]) - _REST
    ends = begins + _HALF_A_YEAR
    await world.begin(begins)
    listener = Listener(world.bus, _TOPICS)
    await listener.begin()
    for creditor in creditors:
        body = {name: value for name, value in creditor.items() if name != "id"}
        await world.apis.call("dunning", "PUT", f"/v1/creditors/{creditor['id']}", json=body)
    with _progress(console) as bar:
        task = bar.add_task("", total=(ends - begins).total_seconds(), day=begins.date())

        def passed(now: datetime) -> None:
            bar.update(task, completed=(now - begins).total_seconds(), day=now.date())

        simulation = world.simulation(passed)
        await simulation.play(_inputs(world, events, tally, listener), ends)
    await _listen(listener, tally)
    return {c["id"]: await _ageing(world, c["id"]) for c in creditors}


def _inputs(
    world: World, events: Sequence[Event], tally: Tally, listener: Listener
) -> Iterator[tuple[datetime, Action]]:
    """Each delivery of a billing platform, and from time to time a look at what came of them."""
    listened = world.clock.now()
    for _, together in groupby(events, key=itemgetter("time")):
        batch = list(together)
        at = _instant(batch[0])
        yield at, partial(_deliver, world, batch, tally)
        if at - listened > _LISTEN_EVERY:
            listened = at
            yield at, partial(_listen, listener, tally)


async def _deliver(world: World, batch: Sequence[Event], tally: Tally) -> None:
    for place, reason in await send(world.apis, batch):
        raise UsageError(f"the ledger refused {batch[place]['id']}: {reason}")
    tally.events_in += len(batch)


async def _listen(listener: Listener, tally: Tally) -> None:
    async for event in listener.messages():
        tally.hear(event)


async def _ageing(world: World, creditor: str) -> dict[str, int]:
    answer = await world.apis.get("ledger", f"/v1/creditors/{creditor}/ageing")
    return {bucket["bucket"]: bucket["principal"] for bucket in answer["buckets"]}


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.fields[day]}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def _instant(event: Event) -> datetime:
    return datetime.fromisoformat(event["time"])
