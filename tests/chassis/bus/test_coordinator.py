"""A group's coordinator that has just started is asked again; what else it refuses is an error."""

from typing import Any

import pytest
from aiokafka import errors
from aiokafka.client import AIOKafkaClient

from chassis.bus import kafka_protocol
from chassis.bus.kafka_protocol import commit_offsets


class Answer:
    def __init__(self, *codes: int) -> None:
        self.topics = [("billing", list(enumerate(codes)))]


class Broker(AIOKafkaClient):
    """Answers with these codes for each partition, request by request."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    async def coordinator_lookup(self, *_: Any) -> int:
        return 0

    async def send(self, *_: Any, **__: Any) -> Answer:
        return self.answers.pop(0)


_LOADING = errors.GroupLoadInProgressError.errno
_MOVED = errors.NotCoordinatorForGroupError.errno
_FORBIDDEN = errors.GroupAuthorizationFailedError.errno
_PLACES = {("billing", 0): 1, ("billing", 1): 2}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_protocol, "_RETRY_SECONDS", 0.0)


async def test_one_that_loads_the_group_is_asked_until_it_has_it() -> None:
    broker = Broker(Answer(_LOADING, _LOADING), Answer(0, _MOVED), Answer(0, 0))
    await commit_offsets(broker, "arrears-ledger", _PLACES)
    assert broker.answers == []


async def test_what_will_not_pass_is_raised() -> None:
    broker = Broker(Answer(_LOADING, _FORBIDDEN), Answer(0, 0))
    with pytest.raises(errors.GroupAuthorizationFailedError):
        await commit_offsets(broker, "arrears-ledger", _PLACES)
    assert len(broker.answers) == 1
