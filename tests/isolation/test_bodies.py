"""Bodies that are made to be hard to read are refused, and told so briefly."""

from collections.abc import Callable

import httpx
import pytest

from chassis.http.inputs import DEPTH_MAX
from tests.chassis.http.conftest import app, client, metrics, settings, token

__all__ = ["app", "client", "metrics", "settings", "token"]

Token = Callable[..., dict[str, str]]
TOO_DEEP = DEPTH_MAX + 1


@pytest.mark.parametrize(
    "body",
    [
        "[" * TOO_DEEP + "]" * TOO_DEEP,
        '{"a":' * TOO_DEEP + "1" + "}" * TOO_DEEP,
        '{"text": "\\"]]]]]]]", "more": ' + "[" * TOO_DEEP + "]" * TOO_DEEP + "}",
    ],
)
async def test_a_body_that_is_too_deep_is_refused(
    client: httpx.AsyncClient, token: Token, body: str
) -> None:
    headers = {**token("sales"), "Content-Type": "application/json"}
    answer = await client.post("/v1/notes", content=body, headers=headers)
    assert answer.status_code == 422
    assert f"body: is nested more than {DEPTH_MAX} deep" in answer.json()["detail"]


async def test_brackets_in_a_text_are_not_depth(client: httpx.AsyncClient, token: Token) -> None:
    body = {"amount": 1, "text": '"[{' * 1000 + "9" * 1000, "more": [[], {}] * 500}
    answer = await client.post("/v1/notes", json=body, headers=token("sales"))
    assert answer.status_code == 201


async def test_a_body_of_numbers_without_end_is_refused(
    client: httpx.AsyncClient, token: Token
) -> None:
    headers = {**token("sales"), "Content-Type": "application/json"}
    for number in (
        "9" * 10_000,
        "9" * 4_000,
        "9" * 61,
        "0." + "1" * 70,
        "1e400",
        "1e999999999",
        "-1e999999999",
    ):
        body = f'{{"amount": {number}, "text": "x"}}'
        answer = await client.post("/v1/notes", content=body, headers=headers)
        assert answer.status_code in {400, 422}, (number[:20], answer.text)
        assert len(answer.text) < 1000


async def test_a_length_of_thousands_of_digits_is_too_large(
    client: httpx.AsyncClient, token: Token
) -> None:
    headers = {**token("sales"), "Content-Length": "9" * 5_000}
    answer = await client.post("/v1/notes", content=b"{}", headers=headers)
    assert answer.status_code == 413
