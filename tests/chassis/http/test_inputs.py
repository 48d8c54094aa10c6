"""What no route takes, wherever it stands in a request."""

from collections.abc import Callable

import httpx
import pytest

from chassis.errors import Malformed
from chassis.http import decode_cursor, encode_cursor

Token = Callable[..., dict[str, str]]


@pytest.mark.parametrize(
    ("url", "field", "where"),
    [
        ("/v1/accounts/a%00b?creditor=c", "account", "path"),
        ("/v1/accounts/a?creditor=c%1b", "creditor", "query"),
        ("/v1/accounts/a?creditor=c&unheard_of=%7F", "unheard_of", "query"),
        ("/v1/accounts/a?creditor=c%0Ad", "creditor", "query"),
    ],
)
async def test_a_control_character_is_refused_where_it_stands(
    client: httpx.AsyncClient, token: Token, url: str, field: str, where: str
) -> None:
    answer = await client.get(url, headers=token("sales"))
    assert answer.status_code == 422
    problem = {"field": field, "in": where, "problem": "has a control character"}
    assert answer.json()["errors"] == [problem]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (rb'{"amount": 1, "text": "a\u0000"}', "has a control character"),
        (rb'{"amount": 1, "text": "\udc00"}', "has half of a surrogate pair"),
        (r'{"amount": 1, "text": "a\u0000"}'.encode("utf-16"), "has a control character"),
        (r'{"amount": 1, "text": "\udc00"}'.encode("utf-32"), "has half of a surrogate pair"),
    ],
)
async def test_the_field_of_a_body_is_named(
    client: httpx.AsyncClient, token: Token, body: bytes, problem: str
) -> None:
    answer = await client.post("/v1/notes", content=body, headers=token("sales"))
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "text", "in": "body", "problem": problem}]


async def test_texts_of_several_lines_and_whole_pairs_are_taken(
    client: httpx.AsyncClient, token: Token
) -> None:
    body = rb'{"amount": 1, "text": "one\n\ttwo \ud83d\ude00 C:\\u0000"}'
    headers = {**token("sales"), "Content-Type": "application/json"}
    answer = await client.post("/v1/notes", content=body, headers=headers)
    assert answer.status_code == 201


async def test_a_body_in_another_encoding_is_told_what_is_wrong(
    client: httpx.AsyncClient, token: Token
) -> None:
    headers = {**token("sales"), "Content-Type": "application/json"}
    answer = await client.post("/v1/notes", content=b'{"text": "\xff"}', headers=headers)
    assert answer.status_code == 400
    assert answer.json()["detail"] == "The body cannot be read: it is not JSON in UTF-8"


@pytest.mark.parametrize(
    ("day", "problem"),
    [
        ("0", "must be a calendar day YYYY-MM-DD"),
        ("1767225600", "must be a calendar day YYYY-MM-DD"),
        ("2026-03-01T00:00:00", "must be a calendar day YYYY-MM-DD"),
        ("1969-12-31", "must be in the years 1970 to 2199"),
        ("2200-01-01", "must be in the years 1970 to 2199"),
    ],
)
async def test_a_day_is_a_day_of_these_centuries(
    client: httpx.AsyncClient, token: Token, day: str, problem: str
) -> None:
    taken = await client.get("/v1/days?day=2199-12-31", headers=token("sales"))
    assert taken.json() == {"day": "2199-12-31"}
    answer = await client.get(f"/v1/days?day={day}", headers=token("sales"))
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "day", "in": "query", "problem": problem}]
    answer = await client.post("/v1/days", json={"day": day}, headers=token("sales"))
    assert answer.json()["errors"] == [{"field": "day", "in": "body", "problem": problem}]


@pytest.mark.parametrize("part", ["a\0b", "\ud800", 2**63])
def test_no_cursor_asks_the_store_for_what_it_cannot_have(part: str | int) -> None:
    half = "WyJcdWQ4MDAiXQ"  # ["\\ud800"]
    cursor = half if part == "\ud800" else encode_cursor([part])
    with pytest.raises(Malformed):
        decode_cursor(cursor, type(part))


async def test_a_parameter_the_route_does_not_have_is_refused_with_those_it_has(
    client: httpx.AsyncClient, token: Token
) -> None:
    answer = await client.get("/v1/accounts/a?creditor=c&credtor=d", headers=token("sales"))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["in"]) == ("credtor", "query")
    assert error["problem"].startswith("is no parameter here; there are creditor")
