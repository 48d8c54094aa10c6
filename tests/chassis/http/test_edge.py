import io
import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from chassis import kek
from chassis.clock import SimulatedClock
from chassis.errors import BrokenInvariant, Malformed, Misconfigured
from chassis.http import decode_cursor, encode_cursor, page
from chassis.logging import configure, get_logger
from chassis.settings import Settings

Token = Callable[..., dict[str, str]]
ROOT = Path(__file__).parents[3]


async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient, token: Token) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 500_000

    declared = await client.post("/v1/notes", content=b"x" * 1_100_000, headers=token("sales"))
    streamed = await client.post("/v1/notes", content=stream(), headers=token("sales"))
    assert (declared.status_code, streamed.status_code) == (413, 413)


async def test_the_log_holds_the_route_but_nobody_it_was_asked_about(
    client: httpx.AsyncClient, token: Token
) -> None:
    output = io.StringIO()
    configure("notes", "info", output)
    headers = {**token("sales"), "X-Correlation-Id": "case-7"}
    answer = await client.get("/v1/accounts/P-1?creditor=acme&name=Zhang", headers=headers)
    line = json.loads(output.getvalue().splitlines()[-1])
    assert (line["route"], line["status"]) == ("/v1/accounts/{account}", 422)
    assert line["correlation"] == answer.headers["x-correlation-id"] == "case-7"
    assert "Zhang" not in output.getvalue()
    assert "P-1" not in output.getvalue()


async def test_a_bad_correlation_id_is_replaced(client: httpx.AsyncClient) -> None:
    answer = await client.get("/livez", headers={"X-Correlation-Id": "a b\x7f"})
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["x-correlation-id"])


async def test_requests_are_counted_by_route(
    client: httpx.AsyncClient, operations: httpx.AsyncClient, token: Token
) -> None:
    for account in ("1", "2"):
        await client.get(f"/v1/accounts/{account}?creditor=c", headers=token("sales"))
    scraped = (await operations.get("/metrics")).text
    labels = 'method="GET",route="/v1/accounts/{account}",service="notes",status="200"'
    wanted = f"arrears_http_requests_total{{{labels}}} 2.0"
    assert wanted in scraped


def test_fields_not_on_the_list_never_reach_the_log() -> None:
    output = io.StringIO()
    configure("notes", "info", output)
    get_logger("here").warning("parked", lane=3, debtor="Zhang", error=ValueError("Zhang"))
    line = json.loads(output.getvalue())
    assert "Zhang" not in output.getvalue()
    assert (line["lane"], line["error"], line["service"]) == (3, "ValueError", "notes")


def test_a_cursor_survives_the_round_trip() -> None:
    assert decode_cursor(encode_cursor(["2026-03-01", "案件/7"]), str, str) == [
        "2026-03-01",
        "案件/7",
    ]
    assert decode_cursor(None, str) is None


def test_instants_and_days_in_a_cursor_are_read_back() -> None:
    key = [datetime(2026, 3, 1, tzinfo=UTC), date(2026, 3, 8), 7]
    assert decode_cursor(encode_cursor(key), datetime, date, int) == key
    for bad in ("yesterday", "2026-03-01T00:00:00", 5):
        with pytest.raises(Malformed):
            decode_cursor(encode_cursor([bad]), datetime)


@pytest.mark.parametrize("cursor", ["%%%", "e30", encode_cursor(["a"]), encode_cursor([1, 2])])
def test_an_invented_cursor_is_malformed(cursor: str) -> None:
    with pytest.raises(Malformed):
        decode_cursor(cursor, str, str)


def test_the_last_page_names_no_next() -> None:
    assert page([1, 2], 2, lambda row: [row]) == {"items": [1, 2], "next": None}
    first = page([1, 2, 3], 2, lambda row: [row])
    assert (first["items"], decode_cursor(first["next"], int)) == ([1, 2], [2])


def test_the_table_of_settings_is_the_class() -> None:
    rows = re.findall(
        r"^\| `ARREARS_(\w+)` \| (.*?) \| (.*) \|$",
        (ROOT / "docs/settings.md").read_text(),
        re.MULTILINE,
    )
    documented = {name.lower(): (default.strip(" `"), text) for name, default, text in rows}
    actual = {
        name: (
            "" if field.default is None or field.default_factory else str(field.default),
            field.description,
        )
        for name, field in Settings.model_fields.items()
    }
    assert documented == actual


def test_the_key_encryption_key_is_made_once_and_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert kek.present(settings, make=False) is None
    first = kek.present(settings, make=True)
    assert first is not None
    assert len(first) == 32
    for make in (True, False):
        assert kek.present(Settings(data_dir=tmp_path), make=make) == first
    assert (tmp_path / "kek").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("given", ["not base64!", "c2hvcnQ="])
def test_an_unusable_key_encryption_key_is_named(given: str) -> None:
    with pytest.raises(Misconfigured, match="ARREARS_KEK"):
        kek.present(Settings(kek=SecretStr(given)), make=True)


def test_the_simulated_clock_only_goes_forward() -> None:
    start = datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=8)))
    clock = SimulatedClock(start)
    assert clock.now() == start
    assert clock.now().tzinfo is UTC
    clock.set(start + timedelta(days=1))
    with pytest.raises(BrokenInvariant):
        clock.set(start)
    with pytest.raises(BrokenInvariant):
        SimulatedClock(datetime(2026, 3, 1))  # noqa: DTZ001
