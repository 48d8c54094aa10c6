"""Direct-debit runs: what the bank was asked for on a day, and the file it gets."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response

from chassis.errors import NotFound
from chassis.http import Principal
from chassis.http.files import as_file
from chassis.sheets import CSV_TYPE, Money, for_machines
from chassis.store.pool import acquire
from chassis.store.reads import states
from chassis.store.vault import KeyRing
from chassis.store.views import table_of
from contracts.words.streams import Subject, account_stream
from services.dunning.api.dunning import (
    CreditorInScope,
    Dunning,
)
from services.dunning.api.models import debits as m
from services.dunning.api.roles import may
from services.dunning.domain.account import Account
from services.dunning.domain.aggregates import ACCOUNT
from services.dunning.views import DIRECT_DEBITS

FILE_FORMAT = "arrears-direct-debit/1"
BANK_COLUMNS: Mapping[str, str] = {
    "request_id": "names the request in the bank's answer",
    "mandate": "the mandate's number, as it was given",
    "debtor": "the debtor's name, as it was given",
    "account": "the account that owes",
    "amount": "with its currency's decimals (ISO 4217) after a point, nothing else: 8300.00",
    "currency": "ISO 4217 code",
    "collect_on": "the run's day, YYYY-MM-DD",
    "format": f"{FILE_FORMAT}, whatever the file is called",
}
"""The columns of the bank's file in their order, and what stands in them."""
_DESCRIPTION = {
    "format": FILE_FORMAT,
    "media_type": CSV_TYPE,
    "encoding": "UTF-8 without a byte order mark",
    "rules": "RFC 4180: commas between fields, CR LF after lines; the first line names the columns",
    "columns": [{"name": name, "holds": holds} for name, holds in BANK_COLUMNS.items()],
}

_RUNS = f"""
select run_on, currency, count(*) as requests, sum(amount) as amount,
  count(*) filter (where state = 'requested') as waiting,
  count(*) filter (where state = 'paid') as paid,
  count(*) filter (where state = 'failed') as failed
from {table_of(DIRECT_DEBITS)} where creditor = $1 and run_on is not null
group by run_on, currency order by run_on desc, currency limit 500
"""  # noqa: S608 - names of ours
_RUN = f"""
select request_id, account, amount, currency, asked_at, state, reason, payment_id, ended_at
from {table_of(DIRECT_DEBITS)} where creditor = $1 and run_on = $2
order by account, request_id
"""  # noqa: S608 - names of ours


def router(dunning: Dunning) -> APIRouter:
    """The routes under `/v1/creditors/{creditor}/direct-debits`."""
    api = DirectDebits(dunning)
    routes = APIRouter(prefix="/v1/creditors/{creditor}/direct-debits", tags=["direct debit"])
    routes.get("", summary="Direct-debit runs, the latest first", response_model=m.DebitRuns)(
        api.list_direct_debit_runs
    )
    routes.get(
        "/{day}",
        summary="One run, as JSON or as the bank's file",
        response_model=m.DebitRunDetail,
        responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    )(api.get_direct_debit_run)
    return routes


class DirectDebits:
    def __init__(self, dunning: Dunning) -> None:
        self._dunning = dunning

    async def list_direct_debit_runs(
        self, creditor: CreditorInScope, who: Annotated[Principal, may("see_direct_debits")]
    ) -> dict[str, Any]:
        await self._dunning.creditor(creditor)
        rows = await self._dunning.service.pool.fetch(_RUNS, creditor)
        return {
            "creditor": creditor,
            "runs": [dict(row) | {"amount": int(row["amount"])} for row in rows],
        }

    async def get_direct_debit_run(
        self,
        creditor: CreditorInScope,
        day: Annotated[date, Path(description="the run's local day")],
        who: Annotated[Principal, may("see_direct_debits")],
        file: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    ) -> dict[str, Any] | Response:
        """The file lists what still waits for the bank's answer; a `request_id` in two files is one
        request. Of a debtor who was erased no name and no mandate is shown, nor is a mandate that
        was withdrawn, and the file leaves the request out. Amounts are minor units in JSON, where
        `file` says what stands in the file and how.
        """
        await self._dunning.creditor(creditor)
        rows = await self._dunning.service.pool.fetch(_RUN, creditor, day)
        if not rows:
            raise NotFound(f"there was no direct-debit run on {day}")
        mandates = await _mandates(self._dunning, creditor, [row["account"] for row in rows])
        requests = [{**row, **mandates.get(row["account"], _NOBODY)} for row in rows]
        if file == "csv":
            return _bank_file(creditor, day, requests)
        return {"creditor": creditor, "day": day, "requests": requests, "file": _DESCRIPTION}


_NOBODY = {"mandate": None, "debtor": None}


def _bank_file(creditor: str, day: date, requests: Sequence[Mapping[str, Any]]) -> Response:
    asked = [
        {
            **one,
            "amount": Money(one["amount"], one["currency"]),
            "collect_on": day,
            "format": FILE_FORMAT,
        }
        for one in requests
        if one["state"] == "requested" and one["mandate"]
    ]
    content = for_machines(
        tuple(BANK_COLUMNS), ([one[name] for name in BANK_COLUMNS] for one in asked)
    )
    return as_file(content, CSV_TYPE, f"direct-debit-{creditor}-{day}.csv")


async def _mandates(
    dunning: Dunning, creditor: str, accounts: Sequence[str]
) -> dict[str, dict[str, str | None]]:
    """Mandate and debtor's name of each account that was not erased."""
    streams = {account_stream(creditor, account): account for account in set(accounts)}
    async with acquire(dunning.service.pool) as connection:
        found = await states(connection, ACCOUNT, streams)
    keys = await dunning.service.keys({Subject(creditor, account) for account in accounts})
    return {
        streams[stream]: _opened(keys, Subject(creditor, streams[stream]), state)
        for stream, state in found.items()
    }


def _opened(keys: KeyRing, subject: Subject, state: Account) -> dict[str, str | None]:
    profile = keys.open(subject, state.profile, "profile")
    if not isinstance(profile, dict):
        return dict(_NOBODY)
    debtor = profile.get("debtor") or {}
    mandate = profile.get("mandate") if state.mandate else None
    return {"mandate": mandate, "debtor": debtor.get("name")}
