"""Headers by which a browser guards what it was given."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_UNKEPT = (b"cache-control", b"no-store")
_GUARDS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000"),  # heeded over https alone
)
NOTHING = b"default-src 'none'; frame-ancestors 'none'"
"""The policy of what is no page."""
OF_NO_PAGE = (*_GUARDS, _UNKEPT, (b"content-security-policy", NOTHING))
"""All of them, for what the server answers before an application is asked."""
PAGES = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; frame-ancestors 'none'"
)
"""The policy of the documentation, which starts by a script within its page."""


class Headers:
    """Adds them to every answer, whoever made it.

    Pages that are public, or have a style of their own, say themselves how long they may be kept
    and what they may load.
    """

    def __init__(self, app: ASGIApp, policy: bytes = NOTHING) -> None:
        self._app = app
        self._unless_said = (_UNKEPT, (b"content-security-policy", policy))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guard(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                said = {name.lower() for name, _ in headers}
                headers += _GUARDS
                headers += [each for each in self._unless_said if each[0] not in said]
            await send(message)

        await self._app(scope, receive, guard)
