"""Plays a scenario file through the pure domain and says how it differs from what was expected."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from services.dunning.domain.agreements.commands import AgreePlan, MakePromise
from services.dunning.domain.agreements.state import Instalment
from services.dunning.domain.case.commands import CompleteTask, RecordLegalProgress
from services.dunning.domain.case.events import (
    AlertRaised,
    ApprovalRequested,
    LegalRequested,
    ReferralMade,
    RestorationRequested,
    RestrictionRequested,
    TaskRequested,
)
from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.domain.localtime import local_day
from services.dunning.policy import get, with_parameters
from tests.dunning.domain.world import Seen, World

ONLY = ("notice", "task", "restrict", "restore", "refer", "legal", "alert", "approval")


def differences(path: Path) -> list[str]:
    """Play one file; each line names an effect that is missing or was not expected."""
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    world = World(
        with_parameters(get(spec["policy"]), spec.get("parameters") or {}), str(spec["opens"])
    )
    ends = _play(world, spec)
    seen = [
        (str(local_day(s.at, world.zone)), *effect) for s in world.seen for effect in _effects(s)
    ]
    only = spec.get("only", ONLY)
    wrong: list[str] = []
    for line in spec["then"]:
        (kind, wanted) = next((k, v) for k, v in line.items() if k != "day")
        day = str(line["day"])
        wanted = {k: v for k, v in wanted.items() if k != "to"}
        if kind in ("case", "balance"):
            got = ends[day][wanted["account"]]
            if any(got[k] != v for k, v in wanted.items() if k != "account"):
                wrong.append(f"{day} {kind} {wanted}: was {got}")
            continue
        match = next(
            (s for s in seen if s[0] == day and s[1] == kind and _fits(wanted, s[2])), None
        )
        if match is None:
            wrong.append(f"{day} missing {kind} {wanted}")
        else:
            seen.remove(match)
    return wrong + [f"unexpected {s}" for s in seen if s[1] in only]


def _fits(wanted: dict[str, Any], got: dict[str, Any]) -> bool:
    fields = {k: v for k, v in wanted.items() if k != "contains"}
    texts = wanted.get("contains", [])
    return all(got.get(k) == v for k, v in fields.items()) and all(
        text in got.get("text", "") for text in texts
    )


def _play(world: World, spec: dict[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    ends: dict[str, dict[str, dict[str, Any]]] = {}
    inputs = [(_moment(line["at"]), line) for line in spec["when"]]
    day = date.fromisoformat(str(spec["opens"]))
    accounts = [a["id"] for a in spec["given"]["accounts"]]
    while day <= date.fromisoformat(str(spec["closes"])):
        for at, line in inputs:
            if at.date() == day:
                world.to(at.isoformat(" "))
                kind = next(k for k in line if k != "at")
                _input(world, kind, line[kind])
        world.to(f"{day} 23:59:59")
        ends[str(day)] = {a: _end(world, a) for a in accounts}
        day += timedelta(days=1)
    return ends


def _end(world: World, account: str) -> dict[str, Any]:
    left = sum(d.left for d in world.book(account).debts.values())
    state = world.case_state(account)
    return {"state": state, "principal": left, "late_fee": 0, "total": left}


def _moment(at: Any) -> datetime:
    text = str(at)
    return datetime.fromisoformat(text if len(text) > 10 else f"{text} 10:00")


def _input(world: World, kind: str, v: dict[str, Any]) -> None:
    account = v["account"]
    match kind:
        case "invoice":
            days = world.pack.terms.due_days or 0
            due = v.get("due") or v["issued"] + timedelta(days=days)
            world.invoice(v["amount"], str(due), v["id"], account, v["item"])
        case "payment":
            world.pay(v["amount"], v["id"], account)
        case "task":
            world.do(CompleteTask(kind=v["kind"], result=v["result"], by=v.get("by")), account)
        case "promise":
            world.do(MakePromise(amount=v["amount"], by=v["by"]), account)
        case "plan":
            parts = tuple(Instalment(due=i["due"], amount=i["amount"]) for i in v["instalments"])
            world.do(AgreePlan(instalments=parts), account)
        case "legal":
            world.do(RecordLegalProgress(progress=v["step"], amount=v.get("amount")), account)
        case _:
            raise AssertionError(f"the little world knows no {kind}")


def _effects(seen: Seen) -> list[tuple[str, dict[str, Any]]]:
    account = {"account": seen.account} if seen.account else {}
    match seen.event:
        case NoticeRequested() as n:
            text = f"{n.variables.total / 100:,.2f}"
            return [
                ("notice", account | {"purpose": n.purpose, "channel": n.channel, "text": text})
            ]
        case TaskRequested() as t:
            return [("task", account | {"kind": t.kind, "owner": t.owner})]
        case RestrictionRequested() as r:
            return [("restrict", account | {"service": r.service})]
        case RestorationRequested() as r:
            return [("restore", account | {"service": r.service})]
        case ReferralMade() as r:
            return [("refer", account | {"to": r.to})]
        case LegalRequested() as d:
            return [("legal", account | {"document": d.document, "text": f"{d.total / 100:,.2f}"})]
        case AlertRaised() as a:
            return [("alert", account | {"kind": a.kind})]
        case ApprovalRequested() as a:
            return [("approval", account | {"for": a.for_})]
    return []
