"""Tokens for SASL OAUTHBEARER, by OAuth 2 client credentials (RFC 6749, 4.4)."""

import asyncio
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, urlsplit

import httpx
from aiokafka import errors
from aiokafka.abc import AbstractTokenProvider
from aiokafka.conn import OAuthAuthenticator

from chassis.tls import fault_in

_TIMEOUT_SECONDS = 5.0
_LIFE_SECONDS = 300.0  # of a token whose server does not say how long it holds
_RENEWED_AFTER = 0.8
_REFUSED = frozenset({400, 401, 403})


class TokensAway(errors.KafkaConnectionError):
    """The server of tokens does not answer, or not as it should."""


class ClientCredentials(AbstractTokenProvider):
    """One token for all connections, asked for anew after four fifths of its life.

    While the server of tokens is away, the old one is used until it ends. `token` raises the
    client's own errors: others would end its tasks.
    """

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        secret: Callable[[], str],
        scope: str = "",
        context: ssl.SSLContext | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._client_id = client_id
        self._secret = secret
        self._form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        self._context = context
        self._monotonic = monotonic
        self._asking = asyncio.Lock()
        self._token = ""
        self._renew_at = self._ends_at = float("-inf")

    async def token(self) -> str:
        """A token that holds."""
        async with self._asking:
            if self._monotonic() >= self._renew_at:
                try:
                    await self._renew()
                except TokensAway:
                    if self._monotonic() >= self._ends_at:
                        raise
            return self._token

    async def _renew(self) -> None:
        asked_at = self._monotonic()
        answer = await self._ask()
        try:
            token, life = answer["access_token"], float(answer.get("expires_in") or _LIFE_SECONDS)
        except (TypeError, KeyError, ValueError) as error:
            raise errors.AuthenticationFailedError(f"{self._place} answers no token") from error
        self._token = str(token)
        self._renew_at, self._ends_at = asked_at + life * _RENEWED_AFTER, asked_at + life

    async def _ask(self) -> Any:
        # both parts are encoded first, says RFC 6749, 2.3.1
        auth = (quote_plus(self._client_id), quote_plus(self._secret()))
        try:
            async with httpx.AsyncClient(
                timeout=_TIMEOUT_SECONDS, verify=self._context or True
            ) as client:
                answer = await client.post(self._url, data=self._form, auth=auth)
        except httpx.HTTPError as error:
            why = fault_in(error) or str(error) or type(error).__name__
            raise TokensAway(f"{self._place}: {why}") from error
        try:
            document = answer.json()
        except ValueError:
            document = None
        if answer.status_code in _REFUSED:
            reason = document.get("error") if isinstance(document, dict) else None
            raise errors.AuthenticationFailedError(
                f"{self._place} refuses {self._client_id}: {reason or answer.status_code}"
            )
        if not answer.is_success:
            raise TokensAway(f"{self._place} answers {answer.status_code}")
        return document

    @property
    def _place(self) -> str:
        return f"the server of tokens on {urlsplit(self._url).netloc.rpartition('@')[2]}"


_step = OAuthAuthenticator.step


async def _hearing_refusals(
    login: OAuthAuthenticator, payload: bytes | None
) -> tuple[bytes, bool] | None:
    if payload:
        return b"\x01", True
    said: tuple[bytes, bool] | None = await _step(login, payload)
    return said


def hear_refusals() -> None:
    """Let every connection of the process notice when a broker refuses its token.

    The client's own takes the refusal for consent and then waits for ever. It is a challenge to be
    answered (RFC 7628, 3.2.3), after which the broker says it as an error.
    """
    OAuthAuthenticator.step = _hearing_refusals
