"""Whether anything of erased people is still there: I10, with the places to look in."""

import asyncio
import base64
import json
import os
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from pathlib import Path

from aiokafka import TopicPartition

from tests.faults.invariants import Found, Run
from tests.faults.model import Expected
from tests.faults.observed import TOPICS, Observed
from tests.faults.packed import binary_in
from tests.faults.reading import reading
from tests.faults.watching import READS, end_offsets

Dump = Callable[[Path], Awaitable[None]]
_NOT_OURS = {"gateway.jsonl", "traffic.jsonl", "kafka", "postgres", "backup"}
"""What the providers and the billing systems keep, the servers' own files, and backups, whose
copies of personal data open only with the keys that were destroyed."""
_TOPIC_SECONDS_MAX = 120.0
_WAS_LOOKED_FOR = {0, 1}
"""With which `grep` ends when it found something and when it found nothing."""


def i10_who_was_erased_is_gone(seen: Observed, told: Expected, run: Run) -> Found:
    """Nothing that tells who an erased debtor was is left; their sums are those of I2."""
    if seen.places:
        yield from (f"{account} could not be erased" for account in told.erased - run.erased)
    of = {
        form: (text, account)
        for account in run.erased
        for text in told.people[account]
        for form in _forms(text)
    }
    for name, content in seen.places.items():
        for text, account in sorted({of[form] for form in _found(of, content)}):
            yield f"{text} of {account} is in {name}"


def _found(forms: Collection[bytes], content: bytes) -> set[bytes]:
    """Which of them are there, as `grep` says: thousands are looked for at once."""
    if not forms:
        return set()
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"\n".join(forms))
        file.flush()
        command = ["grep", "--text", "--only-matching", "--fixed-strings", f"--file={file.name}"]
        bytewise = os.environ | {"LC_ALL": "C"}
        done = subprocess.run(
            command, input=content, env=bytewise, capture_output=True, check=False
        )
    assert done.returncode in _WAS_LOOKED_FOR, done.stderr
    return set(done.stdout.splitlines())


def _forms(text: str) -> Iterator[bytes]:
    """As it is, in hexadecimal, in base64 wherever it may begin, as JSON writes it."""
    raw = text.encode()
    yield from {raw, raw.hex().encode(), json.dumps(text)[1:-1].encode()}
    for skipped in range(3):
        coded = base64.b64encode(b"\0" * skipped + raw)
        yield coded[-(-skipped * 8 // 6) : (skipped + len(raw)) * 8 // 6]


async def places(dump: Dump, bootstrap: str, folder: Path) -> dict[str, bytes]:
    """A dump of the stores, all topics as they are now, every file that the services wrote."""
    file = folder / "dump.sql"
    await dump(file)
    dumped = await asyncio.to_thread(file.read_bytes)
    found = {
        "the stores' dump": dumped,
        "the stores' dump, unpacked": b"\n".join(binary_in(dumped)),
    }
    file.unlink()
    letters = [f"{topic}.dlq" for topic in TOPICS if any(topic in r for r in READS.values())]
    for topic in (*TOPICS, *letters):
        found[f"topic {topic}"] = await _content(bootstrap, topic)
    for path in folder.rglob("*"):
        if path.relative_to(folder).parts[0] not in _NOT_OURS and path.is_file():
            name = str(path.relative_to(folder))
            found[f"file {name}"] = name.encode() + await asyncio.to_thread(path.read_bytes)
    return found


async def _content(bootstrap: str, topic: str) -> bytes:
    """Keys, values and headers of what a topic still has."""
    ends = await end_offsets(bootstrap, [topic])
    left = {TopicPartition(*at): end for at, end in ends.items() if end}
    if not left:
        return b""
    found: list[bytes] = []
    async with asyncio.timeout(_TOPIC_SECONDS_MAX), reading(bootstrap) as consumer:
        consumer.assign(list(left))
        await consumer.seek_to_beginning()
        while left:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for one in records:
                    found += _parts(one.key, one.value, one.headers)
            for at, end in list(left.items()):
                if await consumer.position(at) >= end:
                    del left[at]
    return b"\n".join(found)


def _parts(
    key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]]
) -> Iterator[bytes]:
    yield from (part for part in (key, value) if part)
    for name, content in headers:
        yield name.encode() + b": " + content
