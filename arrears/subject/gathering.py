"""Asks the four APIs for everything they know of one account, and who was shown it."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from arrears.apis import Apis, Refused
from arrears.errors import UsageError
from chassis.settings import SERVICES, ServiceName

_PAGE = 500
_NOT_FOUND = 404

Copy = dict[str, Any]
"""The copy: sections by name, as the APIs answer them; null or empty where there is nothing."""


async def gather(apis: Apis, creditor: str, account: str, now: datetime) -> Copy:
    """Everything kept of an account; raises `UsageError` for one that nobody knows."""
    asked = _Asked(apis, creditor, account)
    path = f"/v1/accounts/{account}"
    standing = await asked.one("dunning", path)
    summary = await asked.one("ledger", path)
    if standing is None and summary is None:
        raise UsageError(f"creditor {creditor} has no account {account}")
    debtor = (standing or {}).pop("debtor", None)
    payments = f"/v1/creditors/{creditor}/payments"
    return {
        "about": {
            "creditor": creditor,
            "account": account,
            "gathered_at": now.isoformat(timespec="seconds"),
        },
        "debtor": debtor,
        "balance": summary,
        "items": [one async for one in asked.parts("ledger", f"{path}/items", "items")],
        "payments": [one async for one in asked.listed("ledger", payments)],
        "statement": [one async for one in asked.parts("ledger", f"{path}/statement", "lines")],
        "late_fees": [one async for one in asked.parts("ledger", f"{path}/late-fees", "items")],
        "standing": standing,
        "timeline": [one async for one in asked.listed("dunning", f"{path}/timeline")],
        "notices": [one async for one in asked.whole("notifier", "/v1/notices", "notice_id")],
        "opt_outs": await asked.one("notifier", f"{path}/opt-outs"),
        "documents": [one async for one in asked.whole("legal", "/v1/documents", "document_id")],
        "matter": await asked.one("legal", f"{path}/matter"),
        "inventories": await asked.one("legal", f"{path}/inventories"),
        "write_offs": await asked.one("legal", f"{path}/write-offs"),
        "shown_to": [one async for one in asked.shown_to()],
    }


class _Asked:
    """The APIs, asked about one account."""

    def __init__(self, apis: Apis, creditor: str, account: str) -> None:
        self._apis = apis
        self._creditor = creditor
        self._account = account

    async def one(self, service: ServiceName, path: str, **more: Any) -> Any:
        """An answer; `None` where there is nothing."""
        try:
            return await self._apis.get(service, path, creditor=self._creditor, **more)
        except Refused as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    async def parts(self, service: ServiceName, path: str, name: str) -> AsyncIterator[Any]:
        """What an answer has in pages under a name."""
        cursor: str | None = None
        while True:
            answer = await self.one(service, path, cursor=cursor, limit=_PAGE)
            if answer is None:
                return
            for each in answer[name]:
                yield each
            cursor = answer.get("next")
            if cursor is None:
                return

    def listed(self, service: ServiceName, path: str) -> AsyncIterator[Any]:
        """A list's rows that are of the account."""
        of_account = {} if self._account in path.split("/") else {"account": self._account}
        return self._none_unless_known(service, path, of_account)

    async def whole(self, service: ServiceName, path: str, id_: str) -> AsyncIterator[Any]:
        """A list's rows that are of the account, each in full."""
        async for row in self.listed(service, path):
            yield await self._apis.get(service, f"{path}/{row[id_]}", creditor=self._creditor)

    async def shown_to(self) -> AsyncIterator[Any]:
        """To whom which service showed something of the account."""
        for service in SERVICES:
            async for record in self.listed(service, "/v1/access-records"):
                if self._account in record["accounts"]:
                    told = ("at", "issuer", "subject", "route")
                    yield {"service": service, **{name: record[name] for name in told}}

    async def _none_unless_known(
        self, service: ServiceName, path: str, more: dict[str, str]
    ) -> AsyncIterator[Any]:
        try:
            pages = self._apis.pages(service, path, creditor=self._creditor, limit=_PAGE, **more)
            async for row in pages:
                yield row
        except Refused as error:
            if error.status != _NOT_FOUND:
                raise
