import inspect
from collections.abc import Callable

import httpx
import pytest

from chassis import errors
from chassis.http.problems import MEDIA_TYPE, STATUS

Token = Callable[..., dict[str, str]]
ALL = [
    cls
    for _name, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, errors.ArrearsError)
]


def test_every_domain_error_has_a_status() -> None:
    assert set(STATUS) == set(ALL)


@pytest.mark.parametrize("cls", ALL)
async def test_a_domain_error_is_answered_as_its_problem(
    client: httpx.AsyncClient, token: Token, cls: type[errors.ArrearsError]
) -> None:
    answer = await client.get(f"/v1/errors/{cls.__name__}", headers=token("sre"))
    assert answer.status_code == STATUS[cls]
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["status"] == STATUS[cls]


async def test_a_refusal_says_why(client: httpx.AsyncClient, token: Token) -> None:
    answer = await client.get("/v1/errors/Rejected", headers=token("sre"))
    assert answer.json()["detail"] == "the sentence of the error"


async def test_a_crash_tells_nothing_of_its_cause(client: httpx.AsyncClient, token: Token) -> None:
    answer = await client.get("/v1/errors/crash", headers=token("sre"))
    assert answer.status_code == 500
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert "13800138000" not in answer.text


@pytest.mark.parametrize(
    "body",
    [b'{"amount": "13800138000x", "text": "t"}', b'{"amount": 1', b'{"amount": 1, "text": 138001}'],
)
async def test_bad_input_is_named_by_field_and_never_repeated(
    client: httpx.AsyncClient, token: Token, body: bytes
) -> None:
    answer = await client.post("/v1/notes", content=body, headers=token("sales"))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["errors"][0]["problem"]
    assert "13800" not in answer.text


async def test_the_bad_field_is_named(client: httpx.AsyncClient, token: Token) -> None:
    answer = await client.post("/v1/notes", json={"amount": 1}, headers=token("sales"))
    assert [entry["field"] for entry in answer.json()["errors"]] == ["text"]


async def test_an_unknown_path_is_a_problem(client: httpx.AsyncClient, token: Token) -> None:
    answer = await client.get("/v1/nothing", headers=token("sales"))
    assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE)


async def test_a_wrong_method_is_a_problem(client: httpx.AsyncClient, token: Token) -> None:
    answer = await client.delete("/v1/notes", headers=token("sales"))
    assert (answer.status_code, answer.headers["content-type"]) == (405, MEDIA_TYPE)
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("fault", ["ConnectionRefusedError", "FileNotFoundError"])
async def test_a_store_that_is_away_is_no_fault_of_the_service(
    client: httpx.AsyncClient, token: Token, fault: str
) -> None:
    answer = await client.get(f"/v1/errors/{fault}", headers=token("manager"))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["detail"] == "the store does not answer"
