"""Work that is done once a day."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from chassis.clock import SimulatedClock
from chassis.errors import Transient
from chassis.runtime.service import Service
from services.dunning.daily import once_a_day

BEGIN = datetime(2026, 3, 10, tzinfo=UTC)


async def test_what_failed_is_done_at_the_next_turn_and_what_is_done_a_day_later() -> None:
    clock = SimulatedClock(BEGIN)
    service = cast("Service", SimpleNamespace(clock=clock))
    done: list[datetime] = []

    async def work(_service: Service, now: datetime) -> int:
        done.append(now)
        if len(done) == 1:
            raise Transient("the store is away")
        return 1

    worker = once_a_day(work)
    with pytest.raises(Transient):
        await worker(service)
    assert [await worker(service) for _ in range(3)] == [1, 0, 0]
    clock.set(BEGIN + timedelta(days=1))
    assert [await worker(service) for _ in range(2)] == [1, 0]
    assert len(done) == 3
