import asyncio
import builtins
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel

from chassis import errors
from chassis.http import Principal, create_app, create_operations_app, require
from chassis.http.auth import Caller
from chassis.http.dev_keys import mint_token
from chassis.metrics import Metrics
from chassis.settings import Settings
from contracts.base import StatedDay


class Note(BaseModel):
    amount: int
    text: str


class Dated(BaseModel):
    day: StatedDay


def notes_router() -> APIRouter:
    """A small service: one route per thing the base must do."""
    router = APIRouter(prefix="/v1")

    @router.get("/me")
    async def me(caller: Caller) -> dict[str, Any]:
        return {"subject": caller.subject, "roles": sorted(caller.roles)}

    @router.get("/accounts/{account}")
    async def account(account: str, caller: Caller, creditor: str | None = None) -> dict[str, str]:
        return {"creditor": caller.scope(creditor), "account": account}

    @router.post("/notes", status_code=201)
    async def note(note: Note) -> dict[str, int]:
        return {"amount": note.amount}

    @router.get("/days")
    async def day(day: date) -> dict[str, date]:
        return {"day": day}

    @router.post("/days")
    async def given(body: Dated) -> dict[str, date]:
        return {"day": body.day}

    @router.post("/write-offs")
    async def write_off(
        caller: Annotated[Principal, Depends(require("manager", "finance"))],
    ) -> dict[str, str]:
        return {"by": caller.subject}

    @router.get("/errors/{name}")
    async def fail(name: str) -> None:
        if name == "crash":
            raise RuntimeError("secret 13800138000")
        if name in {"ConnectionRefusedError", "FileNotFoundError"}:  # of a store that is stopped
            raise getattr(builtins, name)("/secret/socket")
        raise getattr(errors, name)("the sentence of the error")

    return router


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("notes")


@pytest.fixture
def app(settings: Settings, metrics: Metrics) -> FastAPI:
    async def readiness() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"lanes": [0, 1]}

    return create_app(
        "notes", settings, routers=[notes_router()], readiness=readiness, metrics=metrics
    )


@pytest.fixture
async def operations(app: FastAPI, metrics: Metrics) -> AsyncIterator[httpx.AsyncClient]:
    async def readiness() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {}

    beside = create_operations_app(app, readiness=readiness, metrics=metrics)
    transport = httpx.ASGITransport(beside, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://notes") as client:
        yield client


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://notes") as client:
        yield client


@pytest.fixture
def token(tmp_path: Path) -> Callable[..., dict[str, str]]:
    def make(*roles: str, creditors: tuple[str, ...] = ("*",), **more: Any) -> dict[str, str]:
        minted = mint_token(tmp_path, roles, creditors, "ann", **more)
        return {"Authorization": f"Bearer {minted}"}

    return make
