"""Running cases grouped for the collectors: by department, or by guarantor."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from chassis.http import Principal
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
        rows = await self._dunning.service.pool.fetch(GROUPS[by], creditor)
        found = []
        for row in rows:
            name = row["key"]
            if by == "guarantor" and name is not None:
                name = await _name(self._dunning, Subject(creditor, row["account"]), row["key"])
            found.append({**_shown(row), "name": name})
        who.saw(creditor, ALL_ACCOUNTS)
        return {"creditor": creditor, "by": by, "groups": _together(found)}


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


async def _name(dunning: Dunning, subject: Subject, code: str) -> str | None:
    state, _ = await dunning.service.read(account_stream(*subject))
    if not isinstance(state, Account):
        return None
    keys = await dunning.service.keys([subject])
    told = (dunning.profile(subject, keys, state) or {}).get("guarantors") or []
    return next((g["name"] for g in told if code in codes_of(keys, str(g["name"]))), None)
