"""HTTP connections that cost little while they wait: a time for the headers, and a number of
connections at which those that only wait make room for new ones.
"""

import asyncio
from typing import Any

import h11
import orjson
from uvicorn.protocols.http.h11_impl import H11Protocol

from chassis.errors import BrokenInvariant
from chassis.http.headers import OF_NO_PAGE
from chassis.http.problems import MEDIA_TYPE, TYPE_PREFIX
from chassis.settings import Settings


class Connection(H11Protocol):
    """uvicorn's connection, which by itself waits for ever for a request's first bytes.

    While no whole request has come it waits `head_seconds`. When `connections_max` are open the
    one that has waited longest for its client is closed: so whoever opens connections and says
    nothing, or sends a byte now and then, keeps nobody out.
    """

    head_seconds: float
    connections_max: int
    _patience: asyncio.TimerHandle | None = None
    waits_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        if not isinstance(transport, asyncio.Transport):
            raise BrokenInvariant("an HTTP connection reads and writes")
        super().connection_made(transport)
        self.waits_since = self.loop.time()
        self._watch()
        if len(self.connections) > self.connections_max:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, or was sent away."""
        self._be_patient()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes have come."""
        super().data_received(data)
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """What has come is no request, or the rest of one is none: say so as an application would,
        and let the one that waits for the rest know that nobody takes its answer.
        """
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._say(400, "Bad Request", "this is no HTTP request that can be read")
        if self._has_request:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def on_response_complete(self) -> None:
        """A request has its answer; the next may have come already."""
        self.waits_since = self.loop.time()
        super().on_response_complete()
        self._watch()

    @property
    def is_at_work(self) -> bool:
        """Whether a request is being answered: all of it has come, and not all of the answer has
        gone.
        """
        return self._has_request and not self.cycle.more_body

    @property
    def _has_request(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _watch(self) -> None:
        if self._has_request or self.transport.is_closing():
            self._be_patient()
        elif self._patience is None:
            self._patience = self.loop.call_later(self.head_seconds, self._give_up)

    def _be_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            self._say(408, "Request Timeout", "a request's headers are sent within the time for it")
        self.transport.close()

    def _make_room(self) -> None:
        waiting = [one for one in self.connections if isinstance(one, Connection)]
        waiting = [one for one in waiting if not one.is_at_work and not one.transport.is_closing()]
        longest = min(waiting, key=lambda one: one.waits_since, default=self)
        longest.transport.abort()

    def _say(self, status: int, title: str, detail: str) -> None:
        said: dict[str, Any] = {
            "type": TYPE_PREFIX + title.lower().replace(" ", "-"),
            "title": title,
            "status": status,
            "detail": detail,
        }
        body = orjson.dumps(said)
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            *OF_NO_PAGE,
        ]
        events = [
            h11.Response(status_code=status, headers=headers, reason=title.encode()),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ]
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))


def connections(settings: Settings) -> type[Connection]:
    """The connections of a server with these settings."""

    class Bounded(Connection):
        head_seconds = settings.head_seconds
        connections_max = settings.connections_max

    return Bounded
