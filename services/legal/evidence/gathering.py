"""Gathers a case's evidence from the services' HTTP APIs."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

from chassis.errors import NotFound, Rejected, Transient
from chassis.settings import ServiceName
from contracts.words.formats import money
from services.legal.evidence.bundle import Entry, sorted_json

_PAGE = 500
_ATTEMPTS = 10


class Answers(Protocol):
    """The services' HTTP APIs, asked one question at a time."""

    async def get(self, service: ServiceName, path: str, **params: Any) -> Any:
        """Return the body of an answer; parameters that are None are left out."""


class Apis(Answers, Protocol):
    """The services' HTTP APIs, called for somebody who may see the case."""

    async def file(self, service: ServiceName, path: str, **params: Any) -> bytes:
        """Return an answer that is a file."""

    def pages(self, service: ServiceName, path: str, **params: Any) -> AsyncIterator[Any]:
        """Yield the items of a listing, page after page."""


async def gather(apis: Apis, creditor: str, case_id: str) -> tuple[list[Entry], dict[str, Any]]:
    """Everything about a case as entries in a fixed order, and what the bundle is about.

    Raises NotFound for a case that is not there or another creditor's, and Rejected when the text
    or the PDF of a document is not the one its hash was made of.
    """
    case = await apis.get("dunning", f"/v1/cases/{case_id}")
    if case["creditor"] != creditor:
        raise NotFound(f"case {case_id} is not one of creditor {creditor}")
    account = case["account"]
    entries = [
        Entry("case.json", sorted_json({k: v for k, v in case.items() if k != "timeline"})),
        *await _policies(apis, case_id),
        *await _timeline(apis, case),
        *[entry async for entry in _notices(apis, creditor, case_id)],
        *[entry async for entry in _documents(apis, creditor, case_id)],
        *await _matter(apis, creditor, account),
        *await ledger_entries(apis, creditor, account),
    ]
    about = {
        "creditor": creditor,
        "account": account,
        "case_id": case_id,
        "gathered_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return entries, about


async def _policies(apis: Apis, case_id: str) -> list[Entry]:
    """The full text of every policy version the case followed, the first one first."""
    policy = await apis.get("dunning", f"/v1/cases/{case_id}/policy")
    before = policy.pop("before")
    entries = []
    for number, one in enumerate([*before, policy], start=1):
        name = f"policy/{number:02d}-{one['policy']}-v{one['version']}"
        entries.append(Entry(f"{name}.yaml", one.pop("document").encode()))
        entries.append(Entry(f"{name}.json", sorted_json(one)))
    return entries


async def _timeline(apis: Apis, case: dict[str, Any]) -> list[Entry]:
    """One file for each thing that happened, then all of them as a page to read."""
    path = f"/v1/accounts/{case['account']}/timeline"
    pages = apis.pages("dunning", path, creditor=case["creditor"], limit=_PAGE)
    happened = list(_of_case([one async for one in pages], case))
    width = max(4, len(str(len(happened))))
    entries = [
        Entry(f"timeline/{number:0{width}d}-{one['kind']}.json", sorted_json(one))
        for number, one in enumerate(happened, start=1)
    ]
    return [*entries, Entry("timeline.txt", "".join(map(_line, happened)).encode())]


def _of_case(happened: list[dict[str, Any]], case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What names the case, and what names none while it ran: replies, payments, deliveries."""
    own = [one["number"] for one in happened if one["case_id"] == case["case_id"]]
    if not own:
        return
    last = own[-1] if case["state"] == "closed" else happened[-1]["number"]
    for one in happened:
        is_between = own[0] <= one["number"] <= last
        if one["case_id"] == case["case_id"] or (one["case_id"] is None and is_between):
            yield one


def _line(one: dict[str, Any]) -> str:
    words = f"{one['at']}  {one['kind']}"
    if (recorder := one.get("recorded_by")) and recorder["issuer"] is not None:
        words = f"{words}, recorded by {recorder['subject']} of {recorder['issuer']}"
        if proposed := recorder.get("proposed_by"):
            words = f"{words}, as {proposed} proposed"
    return f"{words}  ({one['why']})\n" if one["why"] else f"{words}\n"


async def _notices(apis: Apis, creditor: str, case_id: str) -> AsyncIterator[Entry]:
    """Each notice with its delivery, and its text as sent."""
    pieces = _pieces(apis, "notifier", "/v1/notices", "notice_id", creditor, case_id)
    async for number, row, detail in pieces:
        text = detail.pop("text")
        name = f"notices/{number:04d}-{row['purpose']}-{row['channel']}"
        yield Entry(f"{name}.json", sorted_json(detail))
        if text is not None:
            yield Entry(f"{name}.txt", text.encode())


async def _documents(apis: Apis, creditor: str, case_id: str) -> AsyncIterator[Entry]:
    """Each legal document, its text as issued, and its PDF as filed."""
    pieces = _pieces(apis, "legal", "/v1/documents", "document_id", creditor, case_id)
    async for number, row, detail in pieces:
        text = detail.pop("text")
        name = f"documents/{number:04d}-{row['document']}"
        yield Entry(f"{name}.json", sorted_json(detail))
        if text is not None:
            content = text.encode()
            if hashlib.sha256(content).hexdigest() != detail["content_hash"]:
                raise Rejected(f"document {row['document_id']}: its text does not fit its hash")
            yield Entry(f"{name}.txt", content)
        if text is not None and detail["pdf_hash"]:
            path = f"/v1/documents/{row['document_id']}/pdf"
            paper = await apis.file("legal", path, creditor=creditor)
            if hashlib.sha256(paper).hexdigest() != detail["pdf_hash"]:
                raise Rejected(f"document {row['document_id']}: its PDF does not fit its hash")
            yield Entry(f"{name}.pdf", paper)


async def _pieces(
    apis: Apis, service: ServiceName, path: str, key: str, creditor: str, case_id: str
) -> AsyncIterator[tuple[int, dict[str, Any], dict[str, Any]]]:
    """What a case has in a list: its number from 1, its row, and all there is of it."""
    number = 0
    async for row in apis.pages(service, path, creditor=creditor, case_id=case_id, limit=_PAGE):
        number += 1
        yield number, row, await apis.get(service, f"{path}/{row[key]}", creditor=creditor)


async def _matter(apis: Apis, creditor: str, account: str) -> list[Entry]:
    """What happened in court, what it cost, and what was found and written off."""
    entries = []
    for name in ("matter", "inventories", "write-offs"):
        found = await apis.get("legal", f"/v1/accounts/{account}/{name}", creditor=creditor)
        entries.append(Entry(f"{name}.json", sorted_json(found)))
    return entries


async def ledger_entries(apis: Answers, creditor: str, account: str) -> list[Entry]:
    """What the account owes now, for which items, and every movement that led there, as a page to
    read too.
    """
    place = f"/v1/accounts/{account}"
    figures, statement, items = await _at_once(apis, place, creditor)
    await _complete(apis, f"{place}/statement", statement, "lines", creditor=creditor)
    await _complete(apis, f"{place}/items", items, "items", creditor=creditor, state="all")
    return [
        Entry("account.json", sorted_json(figures)),
        Entry("items.json", sorted_json(items)),
        Entry("statement.json", sorted_json(statement)),
        Entry("statement.txt", "".join(_movements(statement)).encode()),
    ]


async def _at_once(apis: Answers, place: str, creditor: str) -> list[dict[str, Any]]:
    """The account's figures, its statement and its items, all of one version and day; further pages
    are of the same. Raises `Transient` for an account that moves whenever it is looked at.
    """
    asked: list[tuple[str, dict[str, str]]] = [
        *((place, {}), (f"{place}/statement", {})),
        (f"{place}/items", {"state": "all"}),
    ]
    for _ in range(_ATTEMPTS):
        found = [await apis.get("ledger", path, creditor=creditor, **more) for path, more in asked]
        if len({(one["version"], one["as_of"]) for one in found}) == 1:
            return found
    raise Transient(f"{place} changes while it is looked at: ask again")


async def _complete(
    apis: Answers, path: str, first: dict[str, Any], part: str, **params: Any
) -> None:
    """Add this part of all further pages of an answer of the ledger to the first one."""
    cursor = first.pop("next", None)
    while cursor is not None:
        further = await apis.get("ledger", path, cursor=cursor, **params)
        first[part] += further[part]
        cursor = further["next"]


def _movements(statement: dict[str, Any]) -> Iterator[str]:
    """Each movement on a line, then what is owed in all."""

    def shown(amount: int) -> str:
        return money(amount, statement["currency"], "en")

    for one in statement["lines"]:
        what = " ".join(word for word in (one["kind"], one["reference"]) if word)
        days = f"{one['recorded_on']}  counts from {one['day']}"
        yield f"{days}  {what}: {shown(one['amount'])}, balance {shown(one['balance'])}\n"
    fee, total = shown(statement["late_fee"]), shown(statement["total"])
    yield f"{statement['as_of']}  late fee accrued {fee}, in all {total}\n"
