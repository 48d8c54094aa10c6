"""A signing key for development: made on first start, kept in the data folder, trusted when no
other key set is named.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import OKPAlgorithm

from chassis import sign_in
from chassis.errors import Misconfigured
from chassis.private import create_private

_PRIVATE = "development-key.pem"
_PUBLIC = "development-jwks.json"
_KID = "development-"
ISSUER = sign_in.ISSUER
AUDIENCE = "arrears"


def ensure(data_dir: Path) -> Path:
    """The development JWKS of a data folder, made with its private key when it is not there yet."""
    private = data_dir / _PRIVATE
    if not private.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        create_private(private, pem.decode())
    public = data_dir / _PUBLIC
    create_private(public, orjson.dumps({"keys": [_public_jwk(_load(private))]}).decode())
    return public


def is_in(document: Mapping[str, Any]) -> bool:
    """Whether a JWKS has a development key, by its id."""
    keys = document.get("keys")
    return isinstance(keys, list) and any(
        isinstance(key, dict) and str(key.get("kid", "")).startswith(_KID) for key in keys
    )


def mint_token(
    data_dir: Path,
    roles: Sequence[str],
    creditors: Sequence[str] = ("*",),
    subject: str = "developer",
    ttl: timedelta = timedelta(hours=12),
    *,
    issuer: str = ISSUER,
    audience: str = AUDIENCE,
    token_id: str | None = None,
) -> str:
    """A token signed by the development key, which is made when it is not there yet.

    Without a `token_id` it gets one of its own.
    """
    ensure(data_dir)
    key = _load(data_dir / _PRIVATE)
    now = datetime.now(UTC)
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "iat": now,
        "exp": now + ttl,
        "jti": token_id or secrets.token_urlsafe(16),
        "roles": list(roles),
        "creditors": list(creditors),
    }
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": _public_jwk(key)["kid"]})


def _load(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except ValueError as error:
        raise Misconfigured(f"{path} is not a private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured(f"{path} is not an Ed25519 key")
    return key


def _public_jwk(key: Ed25519PrivateKey) -> dict[str, Any]:
    jwk: dict[str, Any] = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    # The public part itself makes the id, so a new key never hides behind an old id.
    return {**jwk, "alg": "EdDSA", "use": "sig", "kid": _KID + jwk["x"][:16]}
