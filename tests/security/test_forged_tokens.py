"""Only what the identity provider signed for the services opens them, while it says so."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from arrears import live
from arrears.commands.token import token
from arrears.errors import UsageError
from arrears.stack import open_stack
from chassis.errors import Misconfigured
from chassis.http import dev_keys
from chassis.http.key_sources import source
from chassis.settings import Settings
from tests.security.provider import Provider, SigningKey
from tests.support.processes import System, free_ports

SECONDS = 1.0
"""How long keys count here, and how long after one look another may follow."""
OK, FORBIDDEN, UNAUTHORIZED = 200, 403, 401
STRANGE = SigningKey("first")
"""A key of an attacker's, under the id of the provider's."""


@dataclass
class Door:
    """The ledger's API as it is reached from outside, and the provider it believes."""

    client: httpx.AsyncClient
    provider: Provider
    first: SigningKey

    async def status(self, token: str, creditor: str = "acme") -> int:
        """What is answered to whoever looks for an account with this token."""
        answer = await self.client.get(
            "/v1/accounts/nobody/balance",
            params={"creditor": creditor},
            headers={"Authorization": f"Bearer {token}"},
        )
        # Who may look learns that there is no such account.
        return OK if answer.status_code == 404 else answer.status_code


@pytest.fixture
async def door(database: str, tmp_path: Path) -> AsyncIterator[Door]:
    first = SigningKey("first")
    with Provider(first) as provider:
        settings = Settings(
            data_dir=tmp_path,
            database_url=database,
            oidc_issuer=provider.issuer,
            jwks_seconds=SECONDS,
            ledger_port=free_ports(1)[0],
        )
        with live.listening(settings, ["ledger"]) as sockets:
            async with (
                open_stack(settings, ["ledger"], durable=False, migrate=True) as stack,
                live.serving(stack, sockets),
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.ledger_port}") as client,
            ):
                yield Door(client, provider, first)


def claims(token: str, **other: Any) -> dict[str, Any]:
    """What a token of the provider's says, but for what an attacker changed; None leaves out."""
    said = jwt.decode(token, options={"verify_signature": False}) | other
    return {name: value for name, value in said.items() if value is not None}


Forge = Callable[[str, SigningKey], str]


def _with(**other: Any) -> Forge:
    return lambda real, key: key.sign(claims(real, **other))


def _altered(real: str, _key: SigningKey) -> str:
    head, _, signature = real.split(".")
    body = jwt.encode(claims(real, roles=["admin"]), "x" * 32).split(".")[1]
    return f"{head}.{body}.{signature}"


def _by_its_public_key(real: str, key: SigningKey) -> str:
    """HS256 with the public key as the secret, by hand: the library knows the trick."""
    public = key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = ({"alg": "HS256", "typ": "JWT", "kid": key.kid}, claims(real, roles=["admin"]))
    said = b".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts
    )
    mac = base64.urlsafe_b64encode(hmac.digest(public, said, "sha256")).rstrip(b"=")
    return (said + b"." + mac).decode()


def _unsigned(real: str, key: SigningKey) -> str:
    return jwt.encode(claims(real), "", "none", {"kid": key.kid})


NOW = int(time.time())
FORGERIES: dict[str, Forge] = {
    "a strange key under a known id": lambda real, _key: STRANGE.sign(claims(real)),
    "a key of nobody's": lambda real, key: key.sign(claims(real), kid="invented"),
    "a key that it brings along": lambda real, _key: STRANGE.sign(
        claims(real), kid="own", jwk=STRANGE.jwk(), jku="https://attacker.example/keys"
    ),
    "no signature": _unsigned,
    "the public key as a secret": _by_its_public_key,
    "altered after it was signed": _altered,
    "another issuer": _with(iss="https://attacker.example"),
    "another audience": _with(aud="elsewhere"),
    "no audience": _with(aud=None),
    "expired": _with(iat=NOW - 1000, exp=NOW - 100),
    "no end": _with(exp=None),
    "no beginning": _with(iat=None),
    "an end that is no number": _with(exp=float("nan")),
    "endless": _with(exp=float("inf")),
    "valid for a year": _with(exp=NOW + 31_536_000),
    "issued tomorrow": _with(iat=NOW + 86_400, exp=NOW + 90_000),
    "not valid before tomorrow": _with(nbf=NOW + 86_400),
    "nobody's": _with(sub=""),
    "a blank somebody's": _with(sub="\u3000 "),
    "an ID token": _with(at_hash="x"),
    "a token of a log-out": lambda real, key: key.sign(claims(real), typ="logout+jwt"),
}


async def test_a_token_that_was_not_made_for_the_services_opens_nothing(door: Door) -> None:
    """Each is signed by the provider's own key, unless it says otherwise."""
    real = door.provider.token("auditor")
    assert await door.status(real) == OK
    assert await door.status(door.first.sign(claims(real))) == OK
    opened = [
        name
        for name, forge in FORGERIES.items()
        if await door.status(forge(real, door.first)) != UNAUTHORIZED
    ]
    assert opened == []
    assert await door.status(door.provider.token("auditor", "urn:other")) == UNAUTHORIZED
    assert await door.status(door.provider.token("sre")) == UNAUTHORIZED  # made for a year
    sales = door.provider.token("sales")  # made for one creditor
    assert [await door.status(sales, of) for of in ("acme", "bolt")] == [OK, FORBIDDEN]


async def test_a_withdrawn_key_opens_nothing_and_its_successor_does(door: Door) -> None:
    old = door.provider.token("auditor")
    assert await door.status(old) == OK
    second = SigningKey("second")
    door.provider.rotate(second, door.first)
    await asyncio.sleep(SECONDS)
    assert await door.status(door.provider.token("auditor")) == OK
    assert await door.status(old) == OK  # its key is published still
    door.provider.rotate(second)
    await asyncio.sleep(SECONDS)
    assert await door.status(old) == UNAUTHORIZED
    assert await door.status(door.provider.token("auditor")) == OK


async def test_a_provider_that_is_down_locks_nobody_out_and_lets_nobody_in(door: Door) -> None:
    real = door.provider.token("auditor")
    assert await door.status(real) == OK
    door.provider.stop()
    await asyncio.sleep(SECONDS)
    assert await door.status(real) == OK
    assert await door.status(STRANGE.sign(claims(real))) == UNAUTHORIZED
    assert await door.status(STRANGE.sign(claims(real), kid="invented")) == UNAUTHORIZED
    door.provider.start()
    second = SigningKey("second")
    door.provider.rotate(second)
    await asyncio.sleep(2 * SECONDS)
    assert await door.status(door.provider.token("auditor")) == OK
    assert await door.status(real) == UNAUTHORIZED


async def test_another_provider_under_the_same_name_gives_no_keys(door: Door) -> None:
    issuer = door.provider.issuer.replace("127.0.0.1", "localhost")
    with pytest.raises(Misconfigured, match="letter by letter"):
        await source(Settings(oidc_issuer=issuer))()


def test_the_development_key_opens_nothing_beyond_loopback(tmp_path: Path) -> None:
    system = System(tmp_path, host="0.0.0.0")  # noqa: S104
    ended = system.arrears("serve", "ledger")
    assert ended.returncode != 0
    for name in ("ARREARS_HOST", "ARREARS_OIDC_ISSUER", "ARREARS_JWKS_URL", "ARREARS_JWKS_FILE"):
        assert name in ended.stderr
    assert not (tmp_path / "data").exists()
    for host in ("", "::", "10.0.0.5", "arrears.example"):
        with pytest.raises(Misconfigured, match="ARREARS_OIDC_ISSUER"):
            source(Settings(host=host, data_dir=tmp_path))


async def test_the_development_key_is_not_let_in_as_somebody_elses(tmp_path: Path) -> None:
    given: dict[str, Any] = {"jwks_file": dev_keys.ensure(tmp_path), "data_dir": tmp_path / "other"}
    assert (await source(Settings(**given))()).document["keys"]
    with pytest.raises(Misconfigured, match="on loopback alone"):
        await source(Settings(**given, host="10.0.0.5"))()


def test_no_token_is_printed_that_would_be_refused_for_its_life() -> None:
    with pytest.raises(UsageError, match="ARREARS_TOKEN_SECONDS_MAX"):
        token(["auditor"], hours=13)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"oidc_issuer": "http://login.example"}, "as https"),
        ({"jwks_url": ""}, "ARREARS_JWKS_URL is no URL"),
        ({"oidc_issuer": ""}, "ARREARS_OIDC_ISSUER is no URL"),
        ({"oidc_issuer": "https://login.example", "issuer": "other"}, "leave it out"),
        ({"oidc_issuer": "https://a.example", "jwks_url": "https://b.example"}, "one place"),
    ],
)
def test_a_provider_is_named_once_and_reached_safely(given: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        source(Settings(**given))
