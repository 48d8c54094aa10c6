"""What answers say to whom they are given, and what is to be had without a token."""

import contextlib
import json
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from fastapi import APIRouter

from chassis.errors import Misconfigured
from chassis.http.app import create_app
from chassis.http.dev_keys import mint_token
from chassis.metrics import Metrics
from chassis.settings import SERVICES, Settings
from services.notifier.gateways import require_secured
from services.notifier.settings import NotifierSettings
from tests.support.missing import give_up
from tests.support.processes import System

GUARDS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
FOR_OPERATIONS = ("/metrics", "/docs", "/openapi.json")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The four services in one process, as a person starts them."""
    system = System(tmp_path_factory.mktemp("edges"), partitions="1")
    with system.running():
        yield system


def ask(port: int, path: str, **more: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{port}{path}", headers=more)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("path", FOR_OPERATIONS)
def test_the_api_tells_nobody_its_metrics_and_its_document(
    system: System, service: str, path: str
) -> None:
    assert ask(system.ports[service], path).status_code == 401
    assert ask(system.operations[service], path).status_code == 200


@pytest.mark.parametrize("service", SERVICES)
def test_the_port_for_operations_does_nothing_for_anybody(system: System, service: str) -> None:
    told = ask(system.operations[service], "/openapi.json").json()
    assert len(told["paths"]) > 5
    for path in told["paths"]:
        if path not in {"/livez", "/readyz"}:
            assert ask(system.operations[service], path).status_code == 404, path


def test_the_port_for_operations_is_on_loopback_alone(system: System) -> None:
    elsewhere = _own_address()
    if elsewhere is None:
        give_up("no address here but loopback's")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((elsewhere, system.operations["ledger"]), 2).close()


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/v1/accounts/x/balance", "/nothing"])
def test_no_answer_is_kept_framed_or_guessed_at(system: System, path: str) -> None:
    token = system.arrears("token", "--role", "auditor").stdout.strip()
    for headers in ({}, {"Authorization": f"Bearer {token}"}):
        answer = ask(system.ports["ledger"], path, **headers)
        assert {name: answer.headers.get(name) for name in GUARDS} == GUARDS, answer.status_code
        assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize("ports", ["ports", "operations"])
def test_no_answer_says_which_server_made_it(system: System, ports: str) -> None:
    for port in getattr(system, ports).values():
        assert "server" not in ask(port, "/livez").headers
        assert "server" not in ask(port, "/nothing").headers


def test_a_page_of_the_documentation_loads_from_here_alone(system: System) -> None:
    policy = ask(system.operations["dunning"], "/docs").headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert "http" not in policy


NO_REQUESTS = [
    b"\x16\x03\x01 hello\r\n\r\n",
    b"GET /livez HTTP/1.1\r\n\r\n",
    b"GET /" + b"a" * 99_999,
]


@pytest.mark.parametrize("sent", NO_REQUESTS)
def test_a_request_that_is_no_http_learns_nothing(system: System, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", system.ports["ledger"]), 5) as connection:
        connection.sendall(sent)
        head, _, body = connection.recv(4096).decode().lower().partition("\r\n\r\n")
    assert head.startswith("http/1.1 400")
    assert "uvicorn" not in head
    assert "server:" not in head
    assert all(f"\r\n{name}: {value}".lower() in head for name, value in GUARDS.items()), head
    assert json.loads(body)["status"] == 400


@contextlib.asynccontextmanager
async def crashing(folder: Path, metrics: Metrics) -> AsyncIterator[httpx.AsyncClient]:
    """A service with a route that crashes."""
    routes = APIRouter()

    @routes.get("/crash")
    async def crash() -> None:
        raise RuntimeError

    async def readiness() -> dict[str, Any]:
        return {}

    own = Settings(data_dir=folder)
    app = create_app("notes", own, routers=[routes], readiness=readiness, metrics=metrics)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://notes") as client:
        yield client


async def test_no_crash_is_answered_unguarded_or_cannot_be_found_in_the_log(tmp_path: Path) -> None:
    async with crashing(tmp_path, Metrics("notes")) as client:
        token = mint_token(tmp_path, ["sre"])
        answer = await client.get("/crash", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in GUARDS} == GUARDS
    assert answer.headers["x-correlation-id"]


def test_a_request_that_ends_as_none_is_no_fault_of_the_service(system: System) -> None:
    start = b"POST /v1/callbacks/sms HTTP/1.1\r\nHost: x\r\n"
    bodies = (b"Transfer-Encoding: chunked\r\n\r\nno chunk\r\n", b"Content-Length: 9\r\n\r\n{")
    for body in bodies:
        with socket.create_connection(("127.0.0.1", system.ports["notifier"]), 5) as connection:
            connection.sendall(start + body)
    counted = r'arrears_http_requests_total\{.*method="POST".*status="(\d+)"\} (\d+)'
    told: list[tuple[str, str]] = []
    for _ in range(100):
        told = re.findall(counted, ask(system.operations["notifier"], "/metrics").text)
        if sum(int(number) for _, number in told) == len(bodies):
            break
        time.sleep(0.05)
    assert [status for status, _ in told] == ["499"]


async def test_nobody_without_a_token_fills_the_log(tmp_path: Path) -> None:
    metrics = Metrics("notes")
    async with crashing(tmp_path, metrics) as client:
        with structlog.testing.capture_logs() as lines:
            for number in range(40):
                wrong = {"Authorization": f"Bearer {number}"} if number % 2 else {}
                assert (await client.get(f"/crash?{number}", headers=wrong)).status_code == 401
    told = [(line["event"], line["count"]) for line in lines]
    assert told == [("sign_in_refused", 1)] * 2
    assert re.search(rb'status="401"\} 40\.0', metrics.render())


def test_a_host_that_was_made_up_leads_nobody_there(system: System) -> None:
    token = system.arrears("token", "--role", "auditor").stdout.strip()
    headers = {"Authorization": f"Bearer {token}", "Host": "evil.example"}
    answer = ask(system.ports["ledger"], "/v1/accounts/", **headers)
    assert (answer.status_code, answer.headers.get("location")) == (404, None)
    answer = ask(system.operations["ledger"], "/docs/", Host="evil.example")
    assert (answer.status_code, answer.headers.get("location")) == (404, None)


def test_settings_of_a_running_service_name_no_secret_in_its_log(system: System) -> None:
    lines = [json.loads(line) for line in _json_lines(system.log)]
    assert lines
    key = (Path(system.environment["ARREARS_DATA_DIR"]) / "kek").read_text().strip()
    assert key not in system.log.read_text()


def _json_lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line.startswith("{")]


def _own_address() -> str | None:
    """An address of this machine that is not loopback; none where it has no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # sends nothing
        found = str(probe.getsockname()[0])
        return None if found.startswith("127.") else found
    return None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"voice_callback_url": "http://b.example"}, "VOICE_CALLBACK_URL as https"),
        ({"voice_url": "b.example"}, "VOICE_URL is no URL"),
        ({"sms_url": "ftp://127.0.0.1"}, "SMS_URL is no URL"),
    ],
)
def test_nobody_on_the_way_reads_what_gateways_are_told(given: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        require_secured(Settings(), NotifierSettings(**given))
