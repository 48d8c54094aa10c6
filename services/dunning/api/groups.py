"""Running cases grouped for the collectors: by department, or by guarantor."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from chassis.http import Principal
from contracts.words.streams import Subject, account_stream
from services.dunning.api.dunning import (
    CreditorInScope,
    Dunning,
)
from services.dunning.api.models import cases as m
from services.dunning.api.queries import GROUPS
from services.dunning.api.roles import may
from services.dunning.domain.account import Account
from services.dunning.domain.codes import person_code


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
        return {"creditor": creditor, "by": by, "groups": found}


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("key", "cases", "oldest_due_on", "case_ids")}


async def _name(dunning: Dunning, subject: Subject, code: str) -> str | None:
    state, _ = await dunning.service.read(account_stream(*subject))
    if not isinstance(state, Account):
        return None
    keys = await dunning.service.keys([subject])
    told = (dunning.profile(subject, keys, state) or {}).get("guarantors") or []
    return next((g["name"] for g in told if person_code(str(g["name"])) == code), None)
