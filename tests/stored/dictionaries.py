"""Makes the dictionaries that stored events are compressed with, from what scenarios let happen.

    python -m tests.stored.dictionaries FIRST_NUMBER SCENARIO...

It writes `chassis/store/dictionaries/NUMBER-SERVICE.zdict` for each service. Those that were ever
in a release are not made again: what was written with one is read with it for good. What services
keep in another form after a while is worth new ones, with the next numbers.

From the same scenarios come the same dictionaries: sealed texts, which are other bytes each time,
are taken in the clear and by as many bytes that are always the same.
"""

import asyncio
import base64
import random
import re
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from hashlib import shake_128
from pathlib import Path
from typing import Any, get_args

import msgspec
import zstandard

from arrears.scenario.model import read_scenario
from arrears.scenario.play import play
from arrears.scenario.worlds import open_scenario_world
from chassis.errors import BrokenInvariant
from chassis.runtime.instance import Instance
from chassis.settings import Settings
from chassis.store.packing import FOLDER, LEVEL, unpacked
from chassis.store.vault import Field, KeyRing
from contracts.words.streams import subject_of_key

_EVENTS = "select stream, data from events order by stream, version"
_SEALED = re.compile(rb'"([A-Za-z0-9+/]{40,}={0,2})"')
_BYTES = 32 * 1024
"""Of a dictionary: twice and four times as much saved one byte in a hundred more."""


async def main(first: int, files: list[Path]) -> None:
    """Play the scenarios and write the dictionaries."""
    found: defaultdict[str, set[bytes]] = defaultdict(set)
    async with open_scenario_world(Settings(), "embedded") as world:
        for file in files:
            await play(world, read_scenario(file))
            for service in world.stack.services.values():
                async for text in _texts(service):
                    found[service.name].add(text)
    for number, (service_name, texts) in enumerate(found.items(), first):
        path = FOLDER / f"{number}-{service_name}.zdict"
        path.write_bytes(trained(texts))


def trained(texts: set[bytes]) -> bytes:
    """A dictionary for texts like these."""
    shuffled: list[bytes | bytearray | memoryview] = [*sorted(texts)]
    random.Random(1).shuffle(shuffled)
    return zstandard.train_dictionary(_BYTES, shuffled, level=LEVEL).as_bytes()


async def _texts(service: Instance) -> AsyncIterator[bytes]:
    for stream, raw in await service.pool.fetch(_EVENTS):
        data, sealed = unpacked(raw), []
        async with service.pool.acquire() as connection:
            subject = subject_of_key(stream.partition("-")[2].encode())
            ring = await service.store.keys(connection, [subject])
        for match in _SEALED.finditer(data):
            if clear := _opened(ring, subject, match[1]):
                sealed.append(match[1])
                yield clear
        for one in sealed:
            data = data.replace(one, _always_the_same(one))
        yield data


def _opened(ring: KeyRing, subject: Any, text: bytes) -> bytes | None:
    """What was sealed, as JSON; nothing for what was not."""
    for field in get_args(Field):
        try:
            value = ring.open(subject, base64.b64decode(text), field)
        except (BrokenInvariant, ValueError):
            continue
        return None if value is None else msgspec.json.encode(value)
    return None


def _always_the_same(text: bytes) -> bytes:
    """As much text of the same letters; of which letters the sealed one was is left to chance."""
    size = len(base64.b64decode(text))
    return base64.b64encode(shake_128(str(size).encode()).digest(size))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), [Path(name) for name in sys.argv[2:]]))
