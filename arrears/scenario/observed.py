"""What happened in a played scenario, as the HTTP APIs of the services show it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from arrears.apis import Apis, Refused
from arrears.scenario.seen import Seen

_NOT_FOUND = 404
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "task": ("kind", "owner"),
    "restrict": ("service",),
    "restore": ("service",),
    "refer": ("to",),
    "approval": ("for",),
    "alert": ("kind",),
    "classified": ("as",),
    "commission": ("collected_by", "amount"),
}
"""Effects that dunning's timelines show, and their fields."""
_ELSEWHERE = {"notice": "notice_requested", "legal": "legal_requested"}
"""Asked for by dunning and done by others: the effect is what they did."""
_TELLING = (
    "kind", "purpose", "channel", "document", "for", "amount", "by", "until", "outcome", "result",
    "progress", "reasons", "name", "values",
)  # fmt: skip
"""Fields of everything else that help to understand a timeline."""
_MOVEMENTS = {"items_written_off": "written_off", "recovery_booked": "recovered"}


class Observed:
    """Looks up the effects on some accounts of one creditor."""

    def __init__(self, apis: Apis, creditor: str, zone: ZoneInfo, accounts: Iterable[str]) -> None:
        self._apis = apis
        self._creditor = creditor
        self._zone = zone
        self._accounts = list(accounts)

    async def effects(self) -> list[Seen]:
        """Return everything that happened, of every kind that happens, oldest first."""
        seen = await self._timeline(f"/v1/creditors/{self._creditor}/timeline", None)
        for account in self._accounts:
            seen += await self._timeline(f"/v1/accounts/{account}/timeline", account)
            seen += await self._notices(account)
            seen += await self._documents(account)
            seen += await self._movements(account)
        return sorted(seen, key=attrgetter("at"))

    async def standing(self, kind: str, wanted: Mapping[str, Any], day: date) -> dict[str, Any]:
        """Return how a balance, a prepayment, a case or a report stands at the end of a day."""
        if kind == "case":
            return {"state": await self._case_state(wanted["account"], day)}
        if kind == "report":
            path = f"/v1/creditors/{self._creditor}/reports/{wanted['name']}"
            report: dict[str, Any] = await self._or_none(
                self._apis.get("dunning", path, as_of=day.isoformat())
            )
            return dict((report or {}).get("values") or {})
        path = f"/v1/accounts/{wanted['account']}/balance"
        balance: dict[str, Any] | None = await self._or_none(
            self._apis.get("ledger", path, creditor=self._creditor, as_of=day.isoformat())
        )
        if balance is None:
            return {"principal": 0, "late_fee": 0, "total": 0, "amount": 0}
        return balance | {"amount": balance["prepaid"]}

    async def _case_state(self, account: str, day: date) -> str:
        path = f"/v1/accounts/{account}/case"
        case = await self._or_none(
            self._apis.get("dunning", path, creditor=self._creditor, as_of=day.isoformat())
        )
        return "none" if case is None else str(case["state"])

    async def _or_none(self, asking: Any) -> Any:
        try:
            return await asking
        except Refused as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    async def _timeline(self, path: str, account: str | None) -> list[Seen]:
        given = {} if account is None else {"creditor": self._creditor}
        answer = await self._or_none(self._apis.get("dunning", path, **given))
        return [self._entry(each, account) for each in (answer or {}).get("items", ())]

    def _entry(self, entry: Mapping[str, Any], account: str | None) -> Seen:
        kind = entry["kind"]
        given = entry["fields"]
        if kind in _FIELDS:
            fields = {name: given.get(name) for name in _FIELDS[kind]}
        else:
            fields = {name: given[name] for name in _TELLING if given.get(name) is not None}
        if account is not None:
            fields = {"account": account, **fields}
        at = self._local(entry["at"])
        return Seen(_ELSEWHERE.get(kind, kind), at, fields, detail=entry.get("why") or "")

    async def _notices(self, account: str) -> list[Seen]:
        found = self._apis.pages(
            "notifier", "/v1/notices", creditor=self._creditor, account=account
        )
        return [await self._notice(notice) async for notice in found]

    async def _notice(self, notice: Mapping[str, Any]) -> Seen:
        path = f"/v1/notices/{notice['notice_id']}"
        whole = await self._apis.get("notifier", path, creditor=self._creditor)
        sent = whole["sent_at"]
        fields = {name: whole[name] for name in ("account", "purpose", "channel", "to")}
        if sent is None:
            why = f"{whole['state']}: {whole['reason']}"
            return Seen("notice_not_sent", self._local(whole["requested_at"]), fields, detail=why)
        text = "\n".join(part for part in (whole["subject"], whole["text"]) if part)
        detail = f"{whole['state']}"
        return Seen("notice", self._local(sent), fields, text, detail)

    async def _documents(self, account: str) -> list[Seen]:
        found = self._apis.pages(
            "legal", "/v1/documents", creditor=self._creditor, account=account, state="issued"
        )
        return [await self._document(document) async for document in found]

    async def _document(self, document: Mapping[str, Any]) -> Seen:
        path = f"/v1/documents/{document['document_id']}"
        whole = await self._apis.get("legal", path, creditor=self._creditor)
        fields = {"account": whole["account"], "document": whole["document"]}
        return Seen("legal", self._local(whole["issued_at"]), fields, whole["text"] or "")

    async def _movements(self, account: str) -> list[Seen]:
        path = f"/v1/accounts/{account}/statement"
        found: list[Seen] = []
        cursor: str | None = None
        while True:
            asked = self._apis.get("ledger", path, creditor=self._creditor, cursor=cursor)
            page = await self._or_none(asked) or {}
            found += [self._movement(line, account) for line in page.get("lines", ())]
            cursor = page.get("next")
            if cursor is None:
                return found

    def _movement(self, line: Mapping[str, Any], account: str) -> Seen:
        kind = _MOVEMENTS.get(line["kind"], line["kind"])
        fields = {"account": account, "amount": abs(line["amount"])}
        detail = " ".join(str(line[name]) for name in ("kind", "reference") if line[name])
        return Seen(kind, self._local(line["at"]), fields, detail=detail)

    def _local(self, instant: str) -> datetime:
        return datetime.fromisoformat(instant).astimezone(self._zone)
