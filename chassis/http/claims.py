"""What a token says of itself: its kind, and the time in which it holds."""

import math
from collections.abc import Mapping
from typing import Any

LEEWAY_SECONDS = 30
"""How far the provider's clock may be from ours."""
_KINDS = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_OF_ID_TOKENS = frozenset({"at_hash", "c_hash"})


def strange_kind(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str | None:
    """Why it is not a token for an API, as ID tokens and those of log-outs are not; else None."""
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in _KINDS or _OF_ID_TOKENS & claims.keys():
        return "the token is not an access token"
    return None


def out_of_time(claims: Mapping[str, Any], now: float, seconds_max: int) -> str | None:
    """Why it does not hold at an instant (seconds since 1970), in words; None when it does.

    One made for longer than `seconds_max` never holds: nobody could take it back.
    """
    issued, ends, begins = (_instant(claims.get(name)) for name in ("iat", "exp", "nbf"))
    if issued is None or ends is None or (begins is None and "nbf" in claims):
        return "a time in the token is not a number"
    if ends <= now - LEEWAY_SECONDS:
        return "the token has expired"
    if max(issued, issued if begins is None else begins) > now + LEEWAY_SECONDS:
        return "the token is not valid yet"
    if ends - issued > seconds_max:
        return f"the token is made for longer than the {seconds_max} seconds it may be valid"
    return None


def _instant(claim: Any) -> float | None:
    """Not NaN, with which every comparison is false, nor anything endless."""
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        return None
    return claim if isinstance(claim, int) or math.isfinite(claim) else None
