"""Where planted texts could still be found: every table, topic, file and answer of a world."""

import base64
import hashlib
import itertools
import json
import re
from base64 import b32encode
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

import httpx

from arrears.subject.gathering import gather
from arrears.subject.paper import pdf
from arrears.world import World
from chassis.bus.base import Record
from chassis.documents.typeset import typesetter
from chassis.http.dev_keys import mint_token
from tests.support.dump import dump_over

_NOT_OURS = {"postgres", "kafka"}
_PARAMETER = re.compile(r"\{(\w+)\}")


def found(planted: Iterable[str], places: Mapping[str, str]) -> set[tuple[str, str]]:
    """Which planted texts stand in which places, in clear or in a form anybody can read."""
    return {
        (text, place)
        for text in planted
        for place, content in places.items()
        if any(form in content for form in _forms(text))
    }


def guessable(texts: Iterable[str | bytes], places: Mapping[str, str]) -> set[tuple[str, str]]:
    """Which texts somebody who guesses them could prove, by a hash that takes no key, and where."""
    by_hash = {one: _said(text) for text in texts for one in hashes(text)}
    return {
        (text, place)
        for place, content in places.items()
        for hashed, text in by_hash.items()
        if hashed in content
    }


def hashes(text: str | bytes) -> Iterator[str]:
    """A text's hashes without a key, whole or cut, in any of the usual writings."""
    content = text.encode() if isinstance(text, str) else text
    digests = [hashlib.new(name, content).digest() for name in ("sha256", "sha1", "md5", "sha512")]
    digests += [hashlib.blake2b(content, digest_size=size).digest() for size in (6, 8, 16, 32, 64)]
    for digest in digests:
        yield digest.hex()[:12]
        yield b32encode(digest).decode().lower()[:12]
        yield base64.b64encode(digest).decode()[:8]


def _said(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode("utf-8", "replace")


def _forms(text: str) -> set[str]:
    raw = text.encode()
    escaped = json.dumps(text)[1:-1]
    forms = {text, escaped, escaped.upper(), raw.hex(), quote(text)}
    for skipped in range(3):
        coded = base64.b64encode(b"\0" * skipped + raw).decode()
        whole = coded[-(-skipped * 8 // 6) : (skipped + len(raw)) * 8 // 6]
        forms |= {whole, whole.replace("+", "-").replace("/", "_")}
    return forms


async def tables(world: World) -> str:
    """Every row of every schema, the embedded bus's too."""
    async with world.stack.services["ledger"].pool.acquire() as connection:
        return await dump_over(connection)


async def topics(world: World) -> dict[str, str]:
    """All that can be read of each topic from its start, keys and headers too."""
    found = await records(world)
    return {f"topic {name}": "\n".join(map(_line, each)) for name, each in found.items()}


async def records(world: World) -> dict[str, list[Record]]:
    """What can be read of each topic from its start."""
    blueprints = [service.blueprint for service in world.stack.services.values()]
    names = {topic for one in blueprints for topic in (*one.reads, *one.writes)}
    names |= {f"{topic}.dlq" for one in blueprints for topic in one.reads}
    return {name: await _read(world, name) for name in sorted(names)}


async def _read(world: World, topic: str) -> list[Record]:
    positions = await world.bus.start_offsets([topic])
    ends = await world.bus.end_offsets([topic])
    reader = await world.bus.reader(positions)
    found: list[Record] = []
    try:
        while any(positions[place] < end for place, end in ends.items()):
            fetched = await reader.fetch(500, 1.0)
            for record in fetched:
                positions[record.topic, record.partition] = record.offset + 1
            found += fetched
    finally:
        await reader.close()
    return found


def _line(record: Record) -> str:
    headers = (f"{name}: {value.decode()}" for name, value in record.headers)
    parts = [(record.key or b"").decode(), record.value.decode("utf-8", "replace"), *headers]
    return " ".join(parts)


def files(world: World) -> dict[str, str]:
    """Whatever the services wrote beside the database: notices and documents above all."""
    folder = world.settings.data_dir
    return {
        f"file {path.relative_to(folder)}": str(path) + path.read_text("utf-8", "replace")
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] not in _NOT_OURS
    }


async def answers(world: World, creditor: str, account: str, role: str = "admin") -> dict[str, str]:
    """What every reading route of the four APIs says to somebody of that role, who is refused some;
    an `admin` may see everything. Reading changes nothing.
    """
    said: dict[str, str] = {}
    before = await _events(world)
    whole, asking = (_bearer(world, each) for each in ("admin", role))
    known = {
        "creditor": [creditor],
        "account": [account],
        "account_id": [account],
        "channel": ["ems", "registered_letter"],
        "day": [world.clock.now().date().isoformat()],
        "language": ["zh"],
        "group": ["sms"],
        "version": ["1"],
    }
    for name, service in world.stack.services.items():
        transport = httpx.ASGITransport(app=service.app)
        async with httpx.AsyncClient(
            transport=transport, base_url=f"http://{name}", headers=whole
        ) as client:
            for path in _reading(service.app.openapi()):
                for filled in await _filled(client, path, known):
                    query = {"creditor": creditor}
                    answer = await client.get(filled, params=query, headers=asking)
                    assert answer.status_code in ({200, 404} | _refused(role)), answer.text
                    said[f"{name} {filled}"] = answer.text
    assert await _events(world) == before
    return said


def _bearer(world: World, role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {mint_token(world.settings.data_dir, [role])}"}


def _refused(role: str) -> set[int]:
    return set() if role == "admin" else {403}


async def _events(world: World) -> list[int]:
    services = world.stack.services.values()
    return [await each.pool.fetchval("select count(*) from events") for each in services]


async def copy(world: World, creditor: str, account: str) -> dict[str, str]:
    """What the debtor is given who asks for their own data; it can be set as a paper."""
    now = world.clock.now()
    gathered = await gather(world.apis, creditor, account, now)
    assert pdf(typesetter(), gathered, "zh", now).startswith(b"%PDF")
    return {"copy": json.dumps(gathered, ensure_ascii=False, default=str)}


def _reading(openapi: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    for path, methods in openapi["paths"].items():
        if isinstance(methods, dict) and "get" in methods and path not in _PUT_TOGETHER:
            yield path


_PUT_TOGETHER = {
    "/v1/cases/{case_id}/evidence",
    "/v1/documents/{document_id}/filing",
    "/v1/accounts/{account}/serving-slips/{task_id}",
}
"""Asked of the other services over the network: of each of them all is read here."""
_LISTS = {
    "notice_id": ("/v1/notices", "notice_id"),
    "document_id": ("/v1/documents", "document_id"),
    "case_id": ("/v1/cases", "case_id"),
    "letter_id": ("/v1/dead-letters", "id"),
}


async def _filled(
    client: httpx.AsyncClient, path: str, known: Mapping[str, list[str]]
) -> list[str]:
    """The path with every value its parameters can take here."""
    names = _PARAMETER.findall(path)
    choices = [known.get(name) or await _listed(client, name) for name in names]
    filled = []
    for values in itertools.product(*choices):
        given = dict(zip(names, values, strict=True))
        filled.append(path.format(**given))
    return filled


async def _listed(client: httpx.AsyncClient, name: str) -> list[str]:
    if name not in _LISTS:
        return ["arrears_register"]
    path, field = _LISTS[name]
    items = (await client.get(path)).json()["items"]
    return [str(item[field]) for item in items]
