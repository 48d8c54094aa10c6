"""Who judges reads on, whatever becomes of its client and of what it was to read."""

import asyncio

import pytest

from tests.faults.reading import reading
from tests.faults.recording import Recording

AT = ("ledger", 0)


async def test_what_is_gone_is_not_waited_for() -> None:
    recording = Recording(lambda: "", ("ledger",), 1)
    await recording.reached({AT: 2}, {AT: 2})
    assert recording.unseen == {("ledger", 0, 0), ("ledger", 0, 1)}
    assert recording.next == {AT: 2}


async def test_what_is_there_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.recording._REACHED_SECONDS_MAX", 0.0)
    recording = Recording(lambda: "", ("ledger",), 1)
    with pytest.raises(TimeoutError):
        await recording.reached({AT: 1}, {AT: 2})
    assert recording.unseen == set()


class Ending:
    """A client that is ended before it began."""

    def __init__(self, **_: object) -> None:
        pass

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        raise asyncio.CancelledError


async def test_a_client_that_ends_at_once_ends_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.reading.AIOKafkaConsumer", Ending)
    async with reading(""):
        pass
