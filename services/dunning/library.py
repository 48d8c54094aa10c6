"""Every pack text a creditor was ever set up with, kept by its hash, so that a running case finds
the version it began with.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import asyncpg

from chassis.aside import aside
from chassis.errors import BrokenInvariant, Transient
from chassis.logging import get_logger
from services.dunning.domain.case.state import PolicyRef
from services.dunning.policy.load import (
    SHIPPED,
    available,
    get,
    hash_of,
    loads,
    with_parameters,
)
from services.dunning.policy.model import Pack
from services.dunning.policy.problem import PackError
from services.dunning.policy.validate import untold

log = get_logger(__name__)

_KEEP = """
insert into policy_documents (content_hash, file, document) values ($1, $2, $3)
on conflict (content_hash) do nothing"""
_UNKNOWN = """
select content_hash, file, document from policy_documents where content_hash <> all($1::text[])"""
_EACH = "select content_hash, document from policy_documents order by content_hash"
_TEXT = "select document from policy_documents where content_hash = $1"
_TODO = "give the creditor a policy that can be read; what waits for it is among the dead letters"
_Key = tuple[str, tuple[tuple[str, str], ...]]


class PackText(NamedTuple):
    """A pack and the text it was read from."""

    pack: Pack
    text: str


class Library:
    """The packs in use, by the hash of their text; read once, since a text never changes. A shipped
    pack stands for the earlier texts of its version that say the same, too.

    Handlers are synchronous, so texts are loaded beforehand: at start, and by `refresh` once a
    reference named one that another instance has stored meanwhile.
    """

    def __init__(self) -> None:
        self._by_hash: dict[str, Pack] = {pack.content_hash: pack for pack in available()}
        self._same = {text: pack for pack in available() for text in pack.same_as}
        self._resolved: dict[_Key, Pack] = {}
        self._wanted: set[str] = set()
        self._unreadable: dict[str, str] = {}

    def get(self, ref: PolicyRef) -> Pack:
        """The pack of a reference with its figures; raises `Transient` when its text is not loaded
        yet, `BrokenInvariant` when this version cannot read it: its creditor's messages wait then,
        and nobody else's.
        """
        key = (ref.content_hash, tuple(sorted(ref.parameters.items())))
        found = self._resolved.get(key)
        if found is None:
            pack = self._by_hash.get(ref.content_hash) or self._said_otherwise(ref)
            if ref.content_hash in self._unreadable:
                why = self._unreadable[ref.content_hash]
                raise BrokenInvariant(f"the text of policy {ref.label} is not read: {why}")
            if pack is None:
                self._wanted.add(ref.content_hash)
                raise Transient(f"the text of policy {ref.label} is not loaded yet")
            found = self._resolved[key] = with_parameters(pack, ref.parameters)
        return found

    def _said_otherwise(self, ref: PolicyRef) -> Pack | None:
        """The shipped pack that says the same as the text of a reference, in its very version."""
        pack = self._same.get(ref.content_hash)
        wanted = pack is not None and (pack.id, pack.version) == (ref.policy, ref.version)
        return pack if wanted else None

    async def keep(self, pool: "asyncpg.Pool[asyncpg.Record]", source: PackText) -> None:
        """Store a pack's text before anything refers to it."""
        pack = source.pack
        file = pack.document.file if pack.document else f"{pack.id}.yaml"
        async with pool.acquire(timeout=10) as connection:
            await connection.execute(_KEEP, pack.content_hash, file, source.text)
            stored = await connection.fetchval(_TEXT, pack.content_hash)
        # The text alone is kept: parameters come with each reference. What is carried out is what
        # is stored and shown, should two texts ever have one hash.
        if pack.content_hash not in self._by_hash:
            self._by_hash[pack.content_hash] = await aside(loads, stored, file)

    async def text(self, pool: "asyncpg.Pool[asyncpg.Record]", ref: PolicyRef) -> str:
        """The text a reference was made with, as it was written."""
        async with pool.acquire(timeout=10) as connection:
            found = await connection.fetchval(_TEXT, ref.content_hash)
        return shipped_text(self.get(ref)).text if found is None else str(found)

    async def learn(self, pool: "asyncpg.Pool[asyncpg.Record]", ref: PolicyRef | None) -> None:
        """Load the text of a reference if another instance stored it meanwhile."""
        if ref is None or self._said_otherwise(ref) is not None:
            return
        if ref.content_hash not in self._by_hash and ref.content_hash not in self._unreadable:
            await self.refresh(pool, always=True)

    async def refresh(self, pool: "asyncpg.Pool[asyncpg.Record]", *, always: bool = False) -> int:
        """Load the texts that are stored and not known yet, if any is wanted; returns how many."""
        if not (always or self._wanted):
            return 0
        known = [*self._by_hash, *self._unreadable, *(self._same.keys() - self._wanted)]
        async with pool.acquire(timeout=10) as connection:
            rows = await connection.fetch(_UNKNOWN, known)
        for row in rows:
            # earlier versions stored paths
            await self._take(row["content_hash"], row["document"], Path(row["file"]).name)
        self._wanted.clear()
        return len(rows)

    async def _take(self, content_hash: str, document: str, file: str) -> None:
        """Read a stored text: one that an earlier version took and this one does not stops nobody
        else's.
        """
        try:
            self._by_hash[content_hash] = await aside(loads, document, file)
        except PackError as error:
            self._unreadable[content_hash] = str(error)
            log.exception("policy_not_readable", place=file, error=error, todo=_TODO)


async def changed_texts(connection: asyncpg.Connection) -> list[str]:
    """The hashes of kept texts that are not what they are called by: somebody changed them. One
    that is not read any more says so when it is loaded.
    """
    rows = await connection.fetch(_EACH)
    return [named for named, text in rows if hash_of(text) not in ("", named)]


def shipped_text(pack: Pack) -> PackText:
    """A shipped pack with its file's text."""
    file = pack.document.file if pack.document else ""
    return PackText(pack, (SHIPPED / file).read_text(encoding="utf-8"))


def chosen_text(
    policy: str | None, version: int | None, document: str | None, parameters: Mapping[str, object]
) -> PackText:
    """A pack that somebody chose: shipped, by name, or given as text; with its figures.

    Raises `PackError` for one whose cases others could not be told of.
    """
    if document is not None:
        chosen = inline_text(document, parameters)
    else:
        shipped = get(policy or "", version)
        chosen = PackText(with_parameters(shipped, parameters), shipped_text(shipped).text)
    if problems := untold(chosen.pack):
        raise PackError(problems)
    return chosen


def inline_text(text: str, parameters: Mapping[str, object]) -> PackText:
    """A pack given as YAML text; raises `PackError` naming line and field.

    Only of what ships is believed that it says the same as an earlier text (`same_as`): of another
    it would be the word of whoever wants it in force.
    """
    pack = with_parameters(loads(text, "policy_document"), parameters)
    return PackText(pack.model_copy(update={"same_as": ()}), text)
