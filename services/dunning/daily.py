"""Work of a service that is done once a day, whenever its turn comes."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from chassis.runtime.service import Service
from services.dunning.domain.localtime import ONE_DAY

Worker = Callable[[Service], Awaitable[int]]


def once_a_day(work: Callable[[Service, datetime], Awaitable[int]]) -> Worker:
    """A worker that does it when it is first called and then a day later, by the service's clock;
    also when that was set back. What failed is tried again at the next turn.
    """
    last: list[datetime] = []

    async def run(service: Service) -> int:
        now = service.clock.now()
        if last and last[0] <= now < last[0] + ONE_DAY:
            return 0
        done = await work(service, now)
        last[:] = [now]
        return done

    return run
