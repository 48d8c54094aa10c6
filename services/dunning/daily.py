"""Work of a service that is done once a day, whenever its turn comes."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from chassis.logging import get_logger
from chassis.runtime.service import Service
from services.dunning.domain.localtime import ONE_DAY

log = get_logger(__name__)

_SOON, _HOUR = timedelta(seconds=5), timedelta(hours=1)
_DOUBLED_MAX = 10
_TODO = "nothing, if it stops within the hour: it is tried again, ever less often; else see `error`"


class Done(NamedTuple):
    """What came of a day's work: of how many, and of how many not, which are tried in an hour."""

    number: int
    left: int = 0


Worker = Callable[[Service], Awaitable[int]]
Work = Callable[[Service, datetime], Awaitable[Done]]


def once_a_day(what: str, work: Work) -> Worker:
    """A worker that does it when it is first called and then a day later, by the service's clock;
    also when that was set back.

    What failed is tried again after five seconds, then ever later, at most an hour.
    """
    rest: tuple[datetime, datetime] | None = None
    failed = 0

    async def run(service: Service) -> int:
        nonlocal rest, failed
        now = service.clock.now()
        if rest is not None and rest[0] <= now < rest[1]:
            return 0
        try:
            done = await work(service, now)
        except Exception as error:
            rest = now, now + min(_SOON * 2 ** min(failed, _DOUBLED_MAX), _HOUR)
            failed += 1
            log.warning("daily_work_failed", source=what, attempt=failed, error=error, todo=_TODO)
            raise
        rest = now, now + (_HOUR if done.left else ONE_DAY)
        failed = 0
        return done.number

    return run
