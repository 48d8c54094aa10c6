"""Who is calling: JSON web tokens, roles and the creditors a caller may see."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from chassis.clock import Clock, WallClock
from chassis.errors import BrokenInvariant, Forbidden, Malformed
from chassis.http.claims import out_of_time, strange_kind
from chassis.http.keys import ALGORITHMS, Keys
from chassis.store.answers import Right
from contracts.characters import CONTROL_OR_HALF, HAS_CONTROL

ADMIN = "admin"
ROLES = frozenset(
    {
        "collector", "sales", "finance", "operations", "property", "administration", "legal",
        "manager", ADMIN, "upstream", "auditor", "sre",
    }
)  # fmt: skip
ANY_CREDITOR = "*"
_ROLES, _CREDITOR = "roles", "creditor"
_TOKEN_ID_MAX = 200
_REQUIRED = ["exp", "iat", "aud", "iss", "sub"]
_SECONDS_MAX = 43_200


class Unauthenticated(Exception):
    """The request carries no usable token; the text says why without repeating it."""


@dataclass(frozen=True)
class Principal:
    """A caller: the token's subject, its roles and the creditors it may act for (`*`: all).

    `token_id` is the token's `jti`, empty when it has none. `used` collects the rights a request
    asked for and held: a kept answer is given again only to whoever has them still. `seen` collects
    whom the answer is about (creditor and account).
    """

    subject: str
    roles: frozenset[str]
    creditors: frozenset[str]
    issuer: str = ""
    token_id: str = ""
    used: set[Right] = field(default_factory=set, compare=False, repr=False)
    seen: set[tuple[str, str]] = field(default_factory=set, compare=False, repr=False)

    @property
    def is_admin(self) -> bool:
        """Whether the caller may do everything within its creditors."""
        return ADMIN in self.roles

    @property
    def sees_all(self) -> bool:
        """Whether the caller may act for every creditor."""
        return ANY_CREDITOR in self.creditors

    def has(self, *roles: str) -> bool:
        """Whether the caller has one of the roles; `admin` has them all."""
        held = self.is_admin or not self.roles.isdisjoint(roles)
        if held:
            self.used.add((_ROLES, *roles))
        return held

    def check(self, *roles: str) -> None:
        """Raise `Forbidden` unless the caller has one of the roles."""
        if not self.has(*roles):
            raise Forbidden(f"this takes one of the roles {', '.join(sorted({*roles, ADMIN}))}")

    def may_see(self, creditor: str) -> bool:
        """Whether the creditor is in the token's scope."""
        covered = self.sees_all or creditor in self.creditors
        if covered:
            self.used.add((_CREDITOR, creditor))
        return covered

    def acting_for(self, named: str | None) -> str:
        """In whose name it is recorded: the caller's, or whom an `admin` names; raises `Forbidden`
        for others who name one.
        """
        if named is None or named == self.subject:
            return self.subject
        if not self.is_admin:
            raise Forbidden("by: only an admin may act for somebody else")
        return named

    def saw(self, creditor: str, account: str) -> None:
        """Note that the answer is about an account, or `*`, that neither path nor JSON names."""
        self.seen.add((creditor, account))

    def scope(self, creditor: str | None) -> str:
        """The creditor a request is about: the one named, else the token's only one.

        Raises `Forbidden` for one outside the scope, `Malformed` when none is named and the token
        has not exactly one.
        """
        if creditor is None:
            if self.sees_all or len(self.creditors) != 1:
                raise Malformed("creditor: the token covers several, name one")
            creditor = next(iter(self.creditors))
        if not self.may_see(creditor):
            raise Forbidden(f"the token does not cover creditor {creditor}")
        return creditor

    def visible(self, creditor: str | None) -> list[str] | None:
        """The creditors a listing may show: the one named, else all of the token's; `None` means
        every one.
        """
        if creditor is not None:
            return [self.scope(creditor)]
        return None if self.sees_all else sorted(self.creditors)

    def check_again(self, rights: Iterable[Right]) -> None:
        """Raise `Forbidden` unless the caller has all of these rights."""
        for kind, *about in rights:
            if kind == _ROLES:
                self.check(*about)
            else:
                self.scope(about[0])


class Authenticator:
    """Turns an `Authorization` header into a `Principal`."""

    def __init__(
        self,
        keys: Keys,
        *,
        issuer: str,
        audience: str,
        seconds_max: int = _SECONDS_MAX,
        clock: Clock | None = None,
    ) -> None:
        """`seconds_max` is how long a token may be valid in all; `clock`, if not the wall's, that
        of whoever issues them.
        """
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._seconds_max = seconds_max
        self._clock = clock or WallClock()

    async def principal(self, header: str | None) -> Principal:
        """The caller of a request; raises `Unauthenticated`.

        The key is chosen by `kid` among ours and fixes the algorithm; nothing else of the token is
        believed before.
        """
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("a bearer token is needed")
        try:
            said = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise Unauthenticated("the token is not a JWT") from error
        kid = said.get("kid")
        key = await self._keys.get(kid) if isinstance(kid, str) else None
        if key is None or key.algorithm_name not in ALGORITHMS:
            raise Unauthenticated("the token is signed by an unknown key")
        claims = self._claims(token, key)
        now = self._clock.now().timestamp()
        why = strange_kind(said, claims) or out_of_time(claims, now, self._seconds_max)
        if why is not None:
            raise Unauthenticated(why)
        return _principal(claims)

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        """What is signed; times are looked at by our clock, not by the library's."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[key.algorithm_name],
                audience=self._audience,
                issuer=self._issuer,
                options={
                    "require": _REQUIRED,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.MissingRequiredClaimError as error:
            raise Unauthenticated(f"the token lacks the claim {error.claim}") from error
        except jwt.PyJWTError as error:
            raise Unauthenticated("the token is not valid here") from error
        return claims


async def current_principal(
    request: Request,
    _documented: Annotated[object, Depends(HTTPBearer(auto_error=False))] = None,
) -> Principal:
    """FastAPI dependency: the caller, established by the gate in front of every route."""
    principal = getattr(request.state, "principal", None)
    if not isinstance(principal, Principal):
        raise BrokenInvariant("a route was reached without passing the gate")
    return principal


Caller = Annotated[Principal, Depends(current_principal)]


@dataclass(frozen=True)
class RolesRequired:
    """FastAPI dependency: the caller, who must have one of the roles; the document names them.

    `of_nobody` says that what is answered has no personal data.
    """

    roles: tuple[str, ...]
    of_nobody: bool = False

    async def __call__(self, principal: Caller) -> Principal:
        """The caller; raises `Forbidden`."""
        principal.check(*self.roles)
        return principal


def require(*roles: str, of_nobody: bool = False) -> RolesRequired:
    """FastAPI dependency: the caller, who must have one of the roles (`admin` always may).

    Who is answered is recorded, unless the answer is `of_nobody`: has no personal data.
    """
    unknown = set(roles) - ROLES
    if unknown:
        raise BrokenInvariant(f"no such roles: {sorted(unknown)}")
    return RolesRequired(tuple(sorted({*roles, ADMIN})), of_nobody)


def _principal(claims: dict[str, Any]) -> Principal:
    subject = str(claims["sub"])
    if CONTROL_OR_HALF.search(subject):  # it is kept with what the caller does
        raise Unauthenticated(f"the token's subject {HAS_CONTROL}")
    if not subject.strip():  # nobody would be nobody's second person
        raise Unauthenticated("the token's subject is blank")
    return Principal(
        subject,
        _names(claims.get("roles")) & ROLES,
        _names(claims.get("creditors")),
        str(claims["iss"]),
        _token_id(claims.get("jti")),
    )


def _token_id(claim: Any) -> str:
    if claim is None:
        return ""
    if not isinstance(claim, str) or len(claim) > _TOKEN_ID_MAX or CONTROL_OR_HALF.search(claim):
        raise Unauthenticated("the token's id (jti) is not a short text")  # it is kept as well
    return claim


def _names(claim: Any) -> frozenset[str]:
    if not isinstance(claim, Iterable) or isinstance(claim, str | bytes | dict):
        return frozenset()
    return frozenset(name for name in claim if isinstance(name, str))
