"""Sends hostile requests and judges their answers by the documents."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import httpx
import orjson

from chassis.http import ROLES
from chassis.http.dev_keys import mint_token
from tests.hostile.events import VILLAIN
from tests.hostile.requests import Asked
from tests.hostile.world import World

_AT_ONCE = 8
_FAILED = 500


@dataclass
class Answers:
    """How many answers had which status, those that are faults of ours, and what the door took."""

    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)
    undocumented: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.statuses.total() + len(self.unanswered)


class Asking:
    """Asks, a few at a time, as one who has tokens of the villain alone."""

    def __init__(self, world: World, answers: Answers) -> None:
        self._world = world
        self._answers = answers
        self._tokens = _tokens(world)

    async def ask(self, requests: Sequence[Asked]) -> None:
        """Send these requests and note what they are answered."""
        rest = iter(requests)

        async def work() -> None:
            for one in rest:
                await self._one(one)

        await asyncio.gather(*(work() for _ in range(_AT_ONCE)))

    async def _one(self, asked: Asked) -> None:
        try:
            answer = await self._asked(asked)
        except httpx.TimeoutException as error:
            self._answers.unanswered.append(f"{_shown(asked)}: {error!r}")
        except (httpx.LocalProtocolError, httpx.InvalidURL):
            self._answers.statuses[0] += 1  # this client does not send it
        except httpx.TransportError as error:
            self._answers.unanswered.append(f"{_shown(asked)}: {error!r}")
        else:
            self._judge(asked, answer)

    async def _asked(self, asked: Asked) -> httpx.Response:
        headers = asked.headers | self._tokens[asked.token]
        request = partial(
            self._world.clients[asked.service].request,
            asked.method, asked.url, content=asked.content, headers=headers,
        )  # fmt: skip
        try:
            return await request()
        except (httpx.ReadError, httpx.RemoteProtocolError):
            # a server may close a connection just as it is used again: once more, on a new one
            return await request()

    def _judge(self, asked: Asked, answer: httpx.Response) -> None:
        status, answers = answer.status_code, self._answers
        answers.statuses[status] += 1
        answers.operations.add(f"{asked.service} {asked.operation}")
        if status >= _FAILED:
            answers.failed.append(f"{status} {_shown(asked)}: {answer.text[:300]}")
        elif status not in asked.documented:
            answers.undocumented.append(f"{status} {_shown(asked)}: {answer.text[:300]}")
        if asked.operation.startswith("POST /v1/events") and status == httpx.codes.ACCEPTED:
            answers.accepted += _accepted(asked, answer)


def _accepted(asked: Asked, answer: httpx.Response) -> list[bytes]:
    """The bytes of the events that the door said it took, where the request is one event."""
    results = orjson.loads(answer.content)["events"]
    if len(results) == 1 and (asked.content or b"")[:1] == b"{":
        return [asked.content or b""]
    return []


def _shown(asked: Asked) -> str:
    return f"{asked.service} {asked.method} {asked.url[:300]} {(asked.content or b'')[:400]!r}"


def _tokens(world: World) -> dict[str, dict[str, str]]:
    def bearer(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    return {
        "all": bearer(mint_token(world.folder, sorted(ROLES), (VILLAIN,), "villain")),
        "few": bearer(mint_token(world.folder, ["sales"], (VILLAIN,), "clerk")),
        "none": {},
        "broken": bearer("a.b.c"),
        "expired": bearer(
            mint_token(world.folder, ["admin"], (VILLAIN,), "late", timedelta(days=-1))
        ),
    }
