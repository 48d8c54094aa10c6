"""Where the time of the chain goes: a table of each service's stages, for a trickle of ten invoices
a second and for batches as full as a backlog makes them.

Processor time is that of this process, waiting is for PostgreSQL's answers (what it uses itself is
in the last lines, for all services together). A batch is what a lane's consumer was given at once;
what follows it (views, publishing, wake-ups, sending) is divided by the same batches and messages.
Wrapping costs some 2 µs for each call of a stage, so single figures below that say nothing.

`make bench ONLY=profile` prints the table and keeps the figures in bench/profile.json;
`python -m bench.profile FILE [FILE]` prints what such files have, beside one another. Those of
commits that others are compared with are in bench/profiles.
"""

import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec

from bench.chain import Chain, Passage, open_chain
from bench.tally import Cells, Tally
from chassis.servers.kafka import LocalKafka
from chassis.servers.postgres import EmbeddedPostgres
from chassis.settings import SERVICES

KEPT = Path(__file__).with_name("profile.json")
OTHER = "other loops"
CLIENT = "aiokafka"
BOUNDS = "commit"
STAGES: Mapping[str, Sequence[str]] = {
    "fetch": ("chassis.runtime.reading:Reading.fetch",),
    "consume": (),
    "decode": ("chassis.runtime.batch:Batch._decode",),
    "inbox": ("chassis.store.inbox:inbox_row", "chassis.store.inbox:remember"),
    "load": ("chassis.store.store:Store.extend",),
    "decide": ("chassis.runtime.applying:run", "chassis.runtime.wakes:Wakes._wake"),
    "evolve": (),
    "encode": (),
    "one call": ("chassis.store.saving:commit",),
    "append": ("chassis.store.store:Store.append",),
    "state": ("chassis.store.saving:save_states",),
    "offsets": ("chassis.store.offsets:move",),
    BOUNDS: ("chassis.runtime.leases:Leases.fence",),
    "view": ("chassis.runtime.round:Round.project", "chassis.store.views:Projector.show"),
    "relay": ("chassis.runtime.round:Round.relay",),
    "wake": ("chassis.runtime.round:Round.fire",),
    "send": ("chassis.runtime.round:Round.work",),
    CLIENT: (),
    OTHER: (),
}
"""The functions of each stage, in the order in which a message passes them.

`consume` is what of a batch belongs to no other, `one call` writes inbox, places, states and events
of a small one. The functions of `evolve` and `encode` are the aggregates', those of the Kafka
client its tasks.
"""
_OF_AGGREGATES = {"evolve": "evolve", "encode_event": "encode", "encode_state": "encode"}
_LOADS = {"trickle": (200, 10.0), "full": (4_000, 0.0)}
"""How many invoices, and how many a second (0: all at once)."""


class Stage(msgspec.Struct, frozen=True):
    """A stage of one service: all in all."""

    us: float
    statements: int
    waited_us: float


NOTHING = Stage(0.0, 0, 0.0)


class Load(msgspec.Struct, frozen=True):
    """What was found at one load: of each service its batches, their messages and its stages; of
    all together the milliseconds for each notice. `rest_ms` is what of Python's belongs to no task
    of a service: the event loop, sockets, the bus.
    """

    batches: dict[str, int]
    messages: dict[str, int]
    stages: dict[str, dict[str, Stage]]
    python_ms: float
    postgres_ms: float
    rest_ms: float


Profile = dict[str, Load]
"""By load."""


async def measure() -> dict[str, float]:
    """Make a profile, print and keep it."""
    profile = await make(_LOADS)
    KEPT.write_bytes(msgspec.json.encode(profile))
    print(*table({"now": profile}), sep="\n")
    return {f"profile_python_ms_per_notice_{load}": one.python_ms for load, one in profile.items()}


async def make(loads: Mapping[str, tuple[int, float]]) -> Profile:
    """The profile of some loads: how many invoices, and how many a second."""
    tally = Tally(given="consume", bounds=BOUNDS, client=CLIENT, other=OTHER)
    tally.install(STAGES)
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "postgres")
        async with LocalKafka(folder / "kafka") as bootstrap, server as dsn:
            if server.pid is None:
                raise RuntimeError("PostgreSQL ended")
            async with open_chain(folder, bootstrap, dsn, server.pid) as chain:
                for service in chain.stack.services.values():
                    tally.install_in(service.store.aggregates.values(), _OF_AGGREGATES)
                await chain.passage(10, per_second=10)  # what is done once is done
                return {
                    load: await _profile(chain, tally, number, per_second)
                    for load, (number, per_second) in loads.items()
                }


async def _profile(chain: Chain, tally: Tally, number: int, per_second: float) -> Load:
    first = await chain.new_debtors(number)
    tally.clear()
    passage = await chain.notify(first, number, per_second)
    return _load(tally.clear(), passage)


def _load(cells: Cells, passage: Passage) -> Load:
    stages: dict[str, dict[str, Stage]] = {}
    for (service, stage), cell in cells.items():
        if service:
            stages.setdefault(service, {})[stage] = Stage(
                cell.cpu_seconds * 1e6, cell.statements, cell.waited_seconds * 1e6
            )
    given = {service: cells[service, "consume"] for service in stages}
    counted_us = sum(one.us for found in stages.values() for one in found.values())
    python_us = passage.usage.client_cpu_us
    return Load(
        batches={service: cell.batches for service, cell in given.items()},
        messages={service: cell.messages for service, cell in given.items()},
        stages=stages,
        python_ms=round(python_us / 1000, 3),
        postgres_ms=round(passage.usage.server_cpu_us / 1000, 3),
        rest_ms=round((python_us - counted_us / passage.number) / 1000, 3),
    )


def table(profiles: Mapping[str, Profile]) -> Iterator[str]:
    """Profiles by their names, beside one another in Markdown: a table for each service, with
    Python's µs, statements, and the µs they were waited for, of a batch / of a message; and one of
    all together.
    """
    loads = {
        f"{load}, {name}": found
        for load in _LOADS
        for name, profile in profiles.items()
        if (found := profile.get(load)) is not None
    }
    for service in SERVICES:
        yield f"\n**{service}**\n"
        yield from _rows(["stage", *loads], _service(service, [*loads.values()]))
    yield "\n**together, ms a notice**\n"
    yield from _rows(
        ["", *loads],
        [
            ["Python", *(f"{one.python_ms:.2f}" for one in loads.values())],
            ["of which no service's", *(f"{one.rest_ms:.2f}" for one in loads.values())],
            ["PostgreSQL", *(f"{one.postgres_ms:.2f}" for one in loads.values())],
        ],
    )


def _service(service: str, loads: Sequence[Load]) -> Iterator[Sequence[str]]:
    yield ["messages a batch", *(f"{_batch(service, one):.1f}" for one in loads)]
    for stage in STAGES:
        found = [one.stages[service].get(stage, NOTHING) for one in loads]
        if any(each != NOTHING for each in found):
            yield [stage, *map(partial(_cell, service), found, loads)]
    sums = [_sum(one.stages[service].values()) for one in loads]
    yield ["all", *map(partial(_cell, service), sums, loads)]


def _batch(service: str, load: Load) -> float:
    return load.messages[service] / max(1, load.batches[service])


def _sum(stages: Iterable[Stage]) -> Stage:
    us, statements, waited_us = zip(*map(msgspec.structs.astuple, stages), strict=True)
    return Stage(sum(us), sum(statements), sum(waited_us))


def _cell(service: str, found: Stage, load: Load) -> str:
    if found == NOTHING:
        return ""
    batches, messages = max(1, load.batches[service]), max(1, load.messages[service])
    parts = [f"{found.us / batches:,.0f} / {found.us / messages:,.1f}"]
    if found.statements:
        each = found.statements / batches, found.statements / messages
        waited = found.waited_us / batches, found.waited_us / messages
        parts += ["{:.2f} / {:.3f}".format(*each), "{:,.0f} / {:,.1f}".format(*waited)]
    return " · ".join(parts)


def _rows(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    yield from (f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    read = msgspec.json.Decoder(Profile).decode
    files = [Path(name) for name in sys.argv[1:]]
    print(*table({file.stem: read(file.read_bytes()) for file in files}), sep="\n")
