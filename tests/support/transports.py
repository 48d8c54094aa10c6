"""Connections that a test leaves open as its event loop closes.

Somewhere, tests later, the garbage collector would find such a one and fail a test that knows
nothing of it.
"""

from asyncio.selector_events import BaseSelectorEventLoop
from typing import Any

_left: list[str] = []


def watch() -> None:
    """From now on each loop that closes has its connections closed and noted."""
    close = BaseSelectorEventLoop.close

    def close_all(loop: Any) -> None:
        for transport in list(loop._transports.values()):
            _end(transport)
        close(loop)

    BaseSelectorEventLoop.close = close_all  # type: ignore[assignment,method-assign]


def taken() -> list[str]:
    """What was left open since this was last asked."""
    found, _left[:] = list(_left), []
    return found


def _end(transport: Any) -> None:
    sock = transport._sock
    if sock is None:
        return
    secured = getattr(transport.get_protocol(), "_app_transport", None)
    # Over TLS one that was closed may wait for the other side's goodbye.
    if not (transport if secured is None else secured).is_closing():
        _left.append(f"{sock.getsockname()} to {_peer(sock)}")
    if secured is not None:
        secured._closed = True
    transport._closing, transport._sock = True, None
    sock.close()


def _peer(sock: Any) -> Any:
    try:
        return sock.getpeername()
    except OSError:
        return "nobody any more"
