"""An account as it is, or as it was at the end of a local day."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from fastapi import Path, Query

from chassis.aside import aside
from chassis.errors import Malformed, NotFound
from chassis.runtime.service import Service
from chassis.store.reads import Selection
from contracts.base import Identifier
from contracts.words.streams import account_stream, terms_stream
from services.ledger.api.folded import folded
from services.ledger.domain import late_fee, resimulate
from services.ledger.domain.by_itself import catch_up
from services.ledger.domain.calendar import local_day, midnight, next_day
from services.ledger.domain.case_terms import effective
from services.ledger.domain.draft import Draft
from services.ledger.domain.numbers import Kind
from services.ledger.domain.past import Past
from services.ledger.domain.state import Account, Balance, Item
from services.ledger.domain.terms import Terms
from services.ledger.views.numbers import Named

AccountId = Annotated[Identifier, Path(description="the account's id")]
Creditor = Annotated[
    Identifier | None,
    Query(description="the creditor; may be left out by a token that covers one"),
]
AsOf = Annotated[
    date | None, Query(description="the end of a past local day, answered from the events")
]


Known = Literal["then", "now"]
KnownWhen = Annotated[
    Known,
    Query(description="a past day as it was known then, or now: payments told since count too"),
]


class Moment(NamedTuple):
    """What all pages of an answer are of: a version of the account, and an instant."""

    version: int
    until: datetime


_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
"""No page was handed out before."""


@dataclass(frozen=True)
class Snapshot:
    """An account on a local day; `until` is the last instant that counts."""

    creditor: str
    account_id: str
    account: Account
    terms: Terms
    version: int
    day: date
    until: datetime

    @property
    def moment(self) -> Moment:
        """What a cursor names, so that further pages are of the same."""
        return Moment(self.version, self.until)

    @property
    def stream(self) -> str:
        """Where the account's events are."""
        return account_stream(self.creditor, self.account_id)

    def named(self, kind: Kind, id_: str) -> Named:
        """Something of the account that may have a number."""
        return Named(self.creditor, self.account_id, kind, id_)

    def balance(self) -> Balance:
        """The account's sums of that day."""
        return Draft(self.account, self.terms, self.day).balance()

    def late_fee(self, item: Item) -> int:
        """What an item's late fee comes to that day."""
        if item.status != "open":
            return 0
        return late_fee.due(item.fee, self.terms, self.day)


async def snapshot(
    service: Service,
    creditor: str,
    account_id: str,
    as_of: date | None,
    *,
    known: Known = "then",
    moment: Moment | None = None,
) -> Snapshot:
    """Look at an account; raises `NotFound` where there is nothing to see.

    A past day is shown as it was known then, or `now`: with the payments received by then that were
    told later, and without what was taken back since.
    Days that have begun but whose timer has yet to fire are taken into account. A `moment` is that
    of a page before, and decides: only an account that has changed since is folded from its events.
    """
    stream = account_stream(creditor, account_id)
    account, version = await service.read(stream)
    if account.terms is None:
        raise NotFound(f"creditor {creditor} has no account {account_id}")
    day, until = when(account.terms, service.clock.now(), as_of, moment)
    wanted = None if as_of is None else Selection(until=until)
    if moment is not None:
        if not 1 <= moment.version <= version:
            raise Malformed("cursor: not one that was handed out")
        wanted = None if moment.version == version else Selection(through=moment.version)
    if wanted is not None:
        account, version, _ = await folded(service, stream, wanted)
    if as_of is not None and known == "now" and await _was_changed(service, stream, version, until):
        history = [Past(one.at, one.event) async for one in service.each(stream)]
        account = await aside(resimulate.as_of, history, until)
    if account.terms is None:
        raise NotFound(f"account {account_id} had no entries by {as_of}")
    present = await terms_of(service, creditor)
    _, account = catch_up(account, until, present)
    terms = effective(account, present)
    return Snapshot(creditor, account_id, account, terms, version, day, until)


async def _was_changed(service: Service, stream: str, version: int, until: datetime) -> bool:
    """Whether what was stored since reaches back: only then is all played again, and all needed."""
    async with contextlib.aclosing(service.each(stream, Selection(after=version))) as events:
        async for stored in events:
            if resimulate.reaches_back(stored.event, until):
                return True
    return False


def when(
    terms: Terms, now: datetime, as_of: date | None, moment: Moment | None = None
) -> tuple[date, datetime]:
    """The local day asked for and the last instant of it, or those of a page before; raises
    `Malformed` for a day to come.
    """
    if moment is not None:
        if not _FIRST <= moment.until <= now:
            raise Malformed("cursor: not one that was handed out")
        return local_day(terms.time_zone, moment.until), moment.until
    today = local_day(terms.time_zone, now)
    if as_of is None:
        return today, now
    if as_of > today:
        raise Malformed(f"as_of: {as_of} has not come yet")
    end = midnight(terms.time_zone, next_day(as_of)) - timedelta(microseconds=1)
    return as_of, min(now, end)


async def terms_of(service: Service, creditor: str) -> Terms:
    """A creditor's terms; raises `NotFound` before it is set up."""
    state, _ = await service.read(terms_stream(creditor, service.a_lane()))
    if state.current is None:
        raise NotFound(f"creditor {creditor} is not set up")
    terms: Terms = state.current
    return terms
