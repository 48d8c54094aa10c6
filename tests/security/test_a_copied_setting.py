"""Where OpenBao keeps the key of keys, settings and files alone open nothing."""

import base64
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr

from arrears import rotating_keys
from arrears.stack import open_stack
from chassis import kek
from chassis.errors import Misconfigured, Transient
from chassis.key_service import OpenBao, service_of
from chassis.settings import Settings
from tests.security.openbao import Server, openbao
from tests.support.processes import free_ports

RAW = bytes(range(32))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with openbao() as server:
        yield server


def _settings(server: Server, folder: Path, **given: Any) -> Settings:
    own: dict[str, Any] = {
        "data_dir": folder,
        "kek_service": server.url,
        "kek_service_token": server.token,
    }
    return Settings(**(own | given))


def test_whoever_copies_the_key_as_it_is_set_opens_nothing(server: Server, tmp_path: Path) -> None:
    settings = _settings(server, tmp_path)
    made = kek.present(settings, make=True)
    assert made is not None
    said = (tmp_path / "kek").read_text().strip()
    assert said.startswith("vault:v1:")
    assert made not in base64.b64decode(said.removeprefix("vault:v1:"))
    assert kek.present(settings, make=False) == made
    with pytest.raises(Misconfigured, match="is not base64"):
        kek.present(Settings(data_dir=tmp_path), make=False)
    for token in ("stolen", server.may("en"), server.may()):
        with pytest.raises(Misconfigured, match="does not decrypt with arrears"):
            kek.present(_settings(server, tmp_path, kek_service_token=token), make=False)


def test_nothing_else_that_the_key_wraps_is_taken_for_a_key(server: Server, tmp_path: Path) -> None:
    other = server.call("POST", "transit/encrypt/arrears", plaintext=base64.b64encode(RAW).decode())
    for said in (str(other["data"]["ciphertext"]), base64.b64encode(RAW).decode(), "vault:v1:AAAA"):
        with pytest.raises(Misconfigured):
            kek.present(_settings(server, tmp_path, kek=said), make=False)


def test_the_servers_own_key_is_changed_and_the_old_one_withdrawn(
    server: Server, tmp_path: Path
) -> None:
    plain = base64.b64encode(RAW).decode()
    first = kek.wrapped_anew(_settings(server, tmp_path, kek=plain))  # from before there was one
    server.call("POST", "transit/keys/arrears/rotate")
    second = kek.wrapped_anew(_settings(server, tmp_path, kek=first))
    assert second.startswith("vault:v2:")
    server.call("POST", "transit/keys/arrears/config", min_decryption_version=2)
    assert kek.present(_settings(server, tmp_path, kek=second), make=False) == RAW
    with pytest.raises(Misconfigured):
        kek.present(_settings(server, tmp_path, kek=first), make=False)


async def test_a_store_is_opened_and_its_key_changed_through_the_server(
    server: Server, tmp_path: Path, database: str
) -> None:
    file = tmp_path / "token"
    file.write_text(server.token + "\n")
    given: dict[str, Any] = {"database_url": database, "kek_service": server.url}
    given["kek_service_token_file"] = str(file)
    settings = Settings(data_dir=tmp_path / "data", **given)
    async with open_stack(settings, ["ledger"], durable=False, migrate=True):
        pass
    rotating_keys.make_next(settings)
    assert await rotating_keys.rotate(settings, ["ledger"]) == {"ledger": 0}
    (tmp_path / "data/kek.next").rename(tmp_path / "data/kek")
    async with open_stack(settings, ["ledger"], durable=False):
        pass
    file.write_text("stolen")
    with pytest.raises(Misconfigured, match="does not decrypt"):
        async with open_stack(settings, ["ledger"], durable=False):
            pass


@pytest.mark.parametrize(
    ("status", "said", "raised"),
    [
        (200, b"<h1>Welcome</h1>", Misconfigured),
        (200, b"[]", Misconfigured),
        (200, b'{"data": {}}', Misconfigured),
        (429, b"", Transient),
        (503, b"", Transient),
    ],
)
def test_who_is_no_key_service_gives_no_key(
    status: int, said: bytes, raised: type[Exception]
) -> None:
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_said: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Answers) as other:
        Thread(target=other.serve_forever, daemon=True).start()
        bao = OpenBao(f"http://127.0.0.1:{other.server_port}/v1/transit/keys/arrears", "t")
        try:
            for ask in (lambda: bao.wrap(RAW), lambda: bao.unwrap("vault:v1:AAAA")):
                with pytest.raises(raised):
                    ask()
        finally:
            other.shutdown()


def test_a_server_that_is_away_is_waited_for_and_one_in_plain_text_refused(tmp_path: Path) -> None:
    with pytest.raises(Transient):
        OpenBao(f"http://127.0.0.1:{free_ports(1)[0]}/v1/transit/keys/arrears", "t").unwrap("x")
    for url, why in (
        ("http://bao.example:8200/v1/transit/keys/arrears", "as https"),
        ("https://bao.example:8200/", "is not the URL of a key"),
    ):
        with pytest.raises(Misconfigured, match=why):
            service_of(Settings(kek_service=url, kek_service_token=SecretStr("t")))
    with pytest.raises(Misconfigured, match="ARREARS_KEK_SERVICE_TOKEN"):
        service_of(Settings(kek_service="https://bao.example/v1/transit/keys/arrears"))
