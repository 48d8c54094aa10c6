"""Running cases grouped for the collectors: by department, or by guarantor."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from chassis.http import Principal
from chassis.store.pool import acquire
from chassis.store.reads import states
from chassis.store.vault import KeyRing
from contracts.words.streams import Subject, account_stream
from services.dunning.api.dunning import (
    ALL_ACCOUNTS,
    CreditorInScope,
    Dunning,
)
from services.dunning.api.models import cases as m
from services.dunning.api.queries import GROUPS
from services.dunning.api.roles import may
from services.dunning.domain.account import Account
from services.dunning.domain.aggregates import ACCOUNT
from services.dunning.person_codes import codes_of


def router(dunning: Dunning) -> APIRouter:
    """The route `/v1/creditors/{creditor}/case-groups`."""
    api = Groups(dunning)
    routes = APIRouter(prefix="/v1/creditors/{creditor}", tags=["cases"])
    routes.get(
        "/case-groups",
        summary="Running cases by department or by guarantor",
        response_model=m.CaseGroups,
    )(api.list_case_groups)
    return routes


class Groups:
    def __init__(self, dunning: Dunning) -> None:
        self._dunning = dunning

    async def list_case_groups(
        self,
        creditor: CreditorInScope,
        who: Annotated[Principal, may("see_cases")],
        by: Annotated[Literal["department", "guarantor"], Query()] = "department",
    ) -> dict[str, Any]:
        """A guarantor's `key` is a code to filter cases with; the name is opened for whoever may
        see cases, as long as one of the debtors is not erased.
        """
        await self._dunning.creditor(creditor)
        async with acquire(self._dunning.service.pool) as connection:
            rows = await connection.fetch(GROUPS[by], creditor)
        names = await self._names(creditor, rows) if by == "guarantor" else {}
        found = [
            {**_shown(row), "name": names.get(row["key"]) if by == "guarantor" else row["key"]}
            for row in rows
        ]
        who.saw(creditor, ALL_ACCOUNTS)
        return {"creditor": creditor, "by": by, "groups": _together(found)}

    async def _names(
        self, creditor: str, rows: Sequence[Mapping[str, Any]]
    ) -> dict[str, str | None]:
        """The guarantors' names by their codes, as the debtors' data that are left tell them."""
        subjects = {r["key"]: Subject(creditor, r["account"]) for r in rows if r["key"] is not None}
        streams = {code: account_stream(*subject) for code, subject in subjects.items()}
        async with acquire(self._dunning.service.pool) as connection:
            accounts = await states(connection, ACCOUNT, set(streams.values()))
        keys = await self._dunning.service.keys(set(subjects.values()))
        return {
            code: _name(self._dunning, keys, subject, accounts.get(streams[code]), code)
            for code, subject in subjects.items()
        }


def _together(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One group for each name: a guarantor may be there under a code of today's and an earlier
    one, and the key of both finds all cases.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in groups:
        place = ("key", one["key"]) if one["name"] is None else ("name", one["name"])
        other = found.setdefault(place, one)
        if other is not one:
            ids = sorted({*other["case_ids"], *one["case_ids"]})
            days = [each["oldest_due_on"] for each in (other, one) if each["oldest_due_on"]]
            other |= {
                "key": f"{other['key']}.{one['key']}",
                "cases": len(ids),
                "oldest_due_on": min(days, default=None),
                "case_ids": ids,
            }
    return list(found.values())


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("key", "cases", "oldest_due_on", "case_ids")}


def _name(
    dunning: Dunning, keys: KeyRing, subject: Subject, account: Account | None, code: str
) -> str | None:
    if account is None:
        return None
    told = (dunning.profile(subject, keys, account) or {}).get("guarantors") or []
    return next((g["name"] for g in told if code in codes_of(keys, str(g["name"]))), None)
