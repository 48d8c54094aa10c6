import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from fastapi import FastAPI
from fastapi.routing import APIRoute

from chassis.errors import Forbidden, Malformed
from chassis.http import Principal
from chassis.http.auth import Authenticator, Unauthenticated
from chassis.http.dev_keys import AUDIENCE, ISSUER, ensure, mint_token
from chassis.http.key_sources import from_file
from chassis.http.keys import Keys, KeySet, Load
from chassis.http.middleware import OPEN_PATHS

Token = Callable[..., dict[str, str]]
NOW = int(time.time())
CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "iat": NOW, "exp": NOW + 3600}


def authenticator(folder: Path) -> Authenticator:
    return Authenticator(Keys(from_file(ensure(folder))), issuer=ISSUER, audience=AUDIENCE)


async def test_the_token_names_the_caller(client: httpx.AsyncClient, token: Token) -> None:
    answer = await client.get("/v1/me", headers=token("sales", "no-such-role"))
    assert answer.json() == {"subject": "ann", "roles": ["sales"]}


async def test_every_route_but_health_wants_a_token(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    paths = [path for path in app.openapi()["paths"] if path not in OPEN_PATHS]
    assert paths
    for path in paths:
        answer = await client.request("GET", path.replace("{", "").replace("}", ""))
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"].startswith("Bearer")
    listed = [r.path for r in app.routes if isinstance(r, APIRoute)]
    assert all(p in OPEN_PATHS or p.startswith("/v1/") for p in listed)


@pytest.mark.parametrize("path", ["/livez", "/healthz", "/readyz"])
async def test_health_is_open(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


async def test_the_documentation_needs_no_network(operations: httpx.AsyncClient) -> None:
    client = operations
    page = (await client.get("/docs")).text
    assert "http://" not in page
    assert "https://" not in page
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert (await client.get(f"/static-offline-docs/{asset}")).status_code == 200


async def test_a_foreign_creditor_is_refused(client: httpx.AsyncClient, token: Token) -> None:
    headers = token("sales", creditors=("acme",))
    own = await client.get("/v1/accounts/17", headers=headers)
    foreign = await client.get("/v1/accounts/17?creditor=bolt", headers=headers)
    assert own.json()["creditor"] == "acme"
    assert foreign.status_code == 403


async def test_a_route_refuses_callers_without_its_role(
    client: httpx.AsyncClient, token: Token
) -> None:
    statuses = {
        role: (await client.post("/v1/write-offs", headers=token(role))).status_code
        for role in ("manager", "finance", "admin", "sales", "auditor")
    }
    assert statuses == {"manager": 200, "finance": 200, "admin": 200, "sales": 403, "auditor": 403}


def test_a_token_for_several_creditors_must_name_one() -> None:
    several = Principal("ann", frozenset({"sales"}), frozenset({"a", "b"}))
    assert several.scope("b") == "b"
    with pytest.raises(Malformed):
        several.scope(None)
    with pytest.raises(Forbidden):
        several.scope("c")
    assert several.visible(None) == ["a", "b"]
    assert Principal("root", frozenset({"admin"}), frozenset({"*"})).visible(None) is None


async def test_an_expired_token_is_refused(tmp_path: Path) -> None:
    token = mint_token(tmp_path, ["sales"], ttl=timedelta(minutes=-5))
    with pytest.raises(Unauthenticated, match="expired"):
        await authenticator(tmp_path).principal(f"Bearer {token}")


async def test_the_token_is_known_by_its_id(tmp_path: Path) -> None:
    checker = authenticator(tmp_path)
    ours = await checker.principal(f"Bearer {mint_token(tmp_path, ['sales'], token_id='t-1')}")
    own = await checker.principal(f"Bearer {mint_token(tmp_path, ['sales'])}")
    assert ours.token_id == "t-1"
    assert len(own.token_id) > 20
    for strange in ("t\n1", "t" * 201):
        token = mint_token(tmp_path, ["sales"], token_id=strange)
        with pytest.raises(Unauthenticated, match="jti"):
            await checker.principal(f"Bearer {token}")


@pytest.mark.parametrize(("issuer", "audience"), [("elsewhere", AUDIENCE), (ISSUER, "elsewhere")])
async def test_a_token_for_somebody_else_is_refused(
    tmp_path: Path, issuer: str, audience: str
) -> None:
    token = mint_token(tmp_path, ["sales"], issuer=issuer, audience=audience)
    with pytest.raises(Unauthenticated):
        await authenticator(tmp_path).principal(f"Bearer {token}")


@pytest.mark.parametrize("missing", ["exp", "iat", "aud", "iss", "sub"])
async def test_a_token_must_carry_every_required_claim(tmp_path: Path, missing: str) -> None:
    private = generate_private_key(65537, 2048)
    keys = Keys(_jwks({"keys": [_public(private, "k1")]}))
    claims = {name: value for name, value in CLAIMS.items() if name != missing}
    token = jwt.encode(claims, private, algorithm="RS256", headers={"kid": "k1"})
    checker = Authenticator(keys, issuer=ISSUER, audience=AUDIENCE)
    with pytest.raises(Unauthenticated):
        await checker.principal(f"Bearer {token}")
    full = jwt.encode(CLAIMS, private, algorithm="RS256", headers={"kid": "k1"})
    assert (await checker.principal(f"Bearer {full}")).subject == "ann"


async def test_unsigned_and_shared_secret_tokens_are_refused(tmp_path: Path) -> None:
    private = generate_private_key(65537, 2048)
    checker = Authenticator(
        Keys(_jwks({"keys": [_public(private, "k1")]})), issuer=ISSUER, audience=AUDIENCE
    )
    unsigned = jwt.encode(CLAIMS, "", algorithm="none", headers={"kid": "k1"})
    shared = jwt.encode(CLAIMS, "s" * 32, algorithm="HS256", headers={"kid": "k1"})
    for token in (unsigned, shared, "nonsense", ""):
        with pytest.raises(Unauthenticated):
            await checker.principal(f"Bearer {token}")


async def test_a_symmetric_key_in_the_key_set_is_ignored() -> None:
    secret = {
        "kty": "oct",
        "kid": "k1",
        "alg": "HS256",
        "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTIz",
    }
    assert await Keys(_jwks({"keys": [secret]})).get("k1") is None


def _public(private: Any, kid: str) -> dict[str, Any]:
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return {**jwk, "kid": kid, "alg": "RS256"}


def _jwks(document: Mapping[str, Any]) -> Load:
    async def load() -> KeySet:
        return KeySet(document)

    return load
