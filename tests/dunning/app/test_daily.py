"""Work that is done once a day."""

import contextlib
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

from structlog.testing import capture_logs

from chassis.clock import SimulatedClock
from chassis.errors import Transient
from chassis.runtime.service import Service
from services.dunning.daily import Done, once_a_day

BEGIN = datetime(2026, 3, 10, tzinfo=UTC)


async def test_what_failed_is_tried_again_ever_later_and_what_is_done_a_day_later() -> None:
    clock = SimulatedClock(BEGIN)
    service = cast("Service", SimpleNamespace(clock=clock))
    begun: list[float] = []

    async def work(_service: Service, now: datetime) -> Done:
        begun.append((now - BEGIN).total_seconds())
        if len(begun) < 4:
            raise Transient("the store is away")
        return Done(3, left=1 if len(begun) == 4 else 0)

    worker = once_a_day("a test", work)
    with capture_logs() as lines:
        for seconds in range(0, 3 * 86_400, 5):
            clock.set(BEGIN + timedelta(seconds=seconds))
            with contextlib.suppress(Transient):
                await worker(service)
    assert begun == [0, 5, 15, 35, 3635, 3635 + 86_400, 3635 + 2 * 86_400]
    assert [(line["source"], line["attempt"]) for line in lines] == [
        ("a test", 1),
        ("a test", 2),
        ("a test", 3),
    ]
