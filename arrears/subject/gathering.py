"""Asks the four APIs for everything they know of one account, and who was shown it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from arrears.apis import Apis, Refused
from arrears.errors import UsageError
from chassis.settings import SERVICES, ServiceName

_PAGE = 500
_NOT_FOUND = 404
_PROPOSING: tuple[ServiceName, ...] = ("ledger", "dunning")
_TOLD_OF_A_LETTER = ("id", "at", "message_type", "message_id", "reason", "state", "text", "actions")

Copy = dict[str, Any]
"""The copy: sections by name, as the APIs answer them; null or empty where there is nothing."""


async def gather(apis: Apis, creditor: str, account: str, now: datetime) -> Copy:
    """Everything kept of an account, also of one of which there are but messages that were set
    aside; raises `UsageError` for one that nobody knows.
    """
    asked = _Asked(apis, creditor, account)
    path = f"/v1/accounts/{quote(account, safe='')}"
    standing = await asked.one("dunning", path)
    summary = await asked.one("ledger", path)
    set_aside = await asked.set_aside()
    if standing is None and summary is None and not set_aside:
        raise UsageError(f"creditor {creditor} has no account {account}")
    debtor = (standing or {}).pop("debtor", None)
    of_creditor = f"/v1/creditors/{quote(creditor, safe='')}"
    terms = await asked.one("dunning", of_creditor) or {}
    payments = await asked.listed("ledger", f"{of_creditor}/payments", account=account)
    return {
        "about": {
            "creditor": creditor,
            "creditor_name": terms.get("name"),
            "account": account,
            "gathered_at": now.isoformat(timespec="seconds"),
            "time_zone": terms.get("time_zone"),
            "currency": (summary or terms).get("currency"),
        },
        "debtor": debtor,
        "balance": summary,
        "items": await asked.listed("ledger", f"{path}/items", state="all"),
        "payments": payments,
        "receipts": await asked.receipts(f"{of_creditor}/receipts", payments),
        "statement": await asked.listed("ledger", f"{path}/statement", under="lines"),
        "late_fees": await asked.listed("ledger", f"{path}/late-fees"),
        "standing": standing,
        "timeline": await asked.listed("dunning", f"{path}/timeline"),
        "proposals": await asked.proposals(),
        "notices": await asked.whole("notifier", "/v1/notices", "notice_id"),
        "opt_outs": await asked.one("notifier", f"{path}/opt-outs"),
        "documents": await asked.whole("legal", "/v1/documents", "document_id"),
        "matter": await asked.one("legal", f"{path}/matter"),
        "inventories": await asked.one("legal", f"{path}/inventories"),
        "write_offs": await asked.one("legal", f"{path}/write-offs"),
        "erasures": await asked.listed("ledger", f"{of_creditor}/erasures", account=account),
        "set_aside": set_aside,
        "shown_to": await asked.shown_to(),
    }


class _Asked:
    """The APIs, asked about one account."""

    def __init__(self, apis: Apis, creditor: str, account: str) -> None:
        self._apis = apis
        self._creditor = creditor
        self._account = account

    async def one(self, service: ServiceName, path: str) -> Any:
        """An answer; `None` where there is nothing."""
        try:
            return await self._apis.get(service, path, creditor=self._creditor)
        except Refused as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    async def listed(self, service: ServiceName, path: str, **which: Any) -> list[Any]:
        """The rows of a list; none where there is none."""
        found = self._apis.pages(service, path, creditor=self._creditor, limit=_PAGE, **which)
        try:
            return [one async for one in found]
        except Refused as error:
            if error.status == _NOT_FOUND:
                return []
            raise

    async def whole(self, service: ServiceName, path: str, id_: str) -> list[Any]:
        """The rows of a creditor's list that are of the account, each in full."""
        rows = await self.listed(service, path, account=self._account)
        creditor = self._creditor
        return [
            await self._apis.get(service, f"{path}/{row[id_]}", creditor=creditor) for row in rows
        ]

    async def receipts(self, path: str, payments: Sequence[Any]) -> list[Any]:
        """Those given for cash."""
        return [
            row
            for one in payments
            if one.get("method") == "cash"
            for row in await self.listed("ledger", path, payment=one["payment_id"])
            if row["account"] == self._account
        ]

    async def proposals(self) -> list[Any]:
        """What waits for a second person, or waited."""
        account = self._account
        return [
            {"service": service, **row}
            for service in _PROPOSING
            for row in await self.listed(service, "/v1/proposals", account=account, state="all")
        ]

    async def set_aside(self) -> list[Any]:
        """The account's messages that a service could not process, as they came, and what was done
        with them.
        """
        which = {"creditor": self._creditor, "account": self._account}
        found = []
        for service in SERVICES:
            async for letter in self._letters(service, which):
                told = {name: letter[name] for name in _TOLD_OF_A_LETTER}
                found.append({"service": service, **told})
        return found

    async def _letters(self, service: ServiceName, which: dict[str, Any]) -> AsyncIterator[Any]:
        after: int | None = 0
        path = "/v1/dead-letters"
        while after is not None:
            page = await self._apis.get(service, path, after=after, state="", limit=_PAGE, **which)
            for row in page.get("items", ()):
                yield await self._apis.get(service, f"{path}/{row['id']}")
            after = page.get("next")

    async def shown_to(self) -> list[Any]:
        """To whom which service showed something of the account, also in a list of all of them."""
        told = ("at", "issuer", "subject", "route")
        return [
            {
                "service": service,
                **{name: record[name] for name in told},
                "of_all": self._account not in record["accounts"],
            }
            for service in SERVICES
            for record in await self.listed(service, "/v1/access-records", account=self._account)
        ]
