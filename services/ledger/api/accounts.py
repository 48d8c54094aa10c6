"""Accounts: the list, and one account's balance and items."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from chassis.http.paging import LIMIT_MAX, Cursor, Limit, Page, decode_cursor, page
from chassis.runtime.service import Service
from chassis.store.reads import Selection
from contracts.words.late_fee import late_fee_sql
from services.ledger.api.folded import folded
from services.ledger.api.models import (
    AccountSummary,
    ItemOut,
    ItemsOut,
)
from services.ledger.api.roles import Reader
from services.ledger.api.snapshot import (
    AccountId,
    AsOf,
    Creditor,
    Known,
    KnownWhen,
    Moment,
    Snapshot,
    snapshot,
)
from services.ledger.domain.state import Item, order
from services.ledger.views.ageing import days_overdue
from services.ledger.views.numbers import Named, numbers_of

_LIST = f"""
select a.creditor, a.account, a.version, a.currency, a.principal, a.overdue, a.prepaid,
  a.oldest_due_on, c.today,
  coalesce((select sum({late_fee_sql("i", "c.today")})
    from view_open_items i where i.creditor = a.creditor and i.account = a.account
      and i.fee_through is not null), 0)::bigint as late_fee
from view_accounts a
cross join lateral (select ($5::timestamptz at time zone a.time_zone)::date as today) c
where ($1::text[] is null or a.creditor = any($1))
  and ($2::text is null or (a.creditor, a.account) > ($2, $3))
order by a.creditor, a.account limit $4"""  # noqa: S608 - text of ours


def router(service: Service) -> APIRouter:
    """The routes under `/v1/accounts` that read."""
    routes = APIRouter(prefix="/v1/accounts", tags=["accounts"])
    accounts = Accounts(service)
    routes.get("", operation_id="list_accounts")(accounts.accounts)
    routes.get("/{account_id}", operation_id="get_account")(accounts.account)
    routes.get("/{account_id}/balance", operation_id="get_balance")(accounts.balance)
    routes.get("/{account_id}/items", operation_id="list_items")(accounts.items)
    return routes


@dataclass(frozen=True)
class Accounts:
    """The routes of accounts, on a service."""

    service: Service

    async def accounts(
        self, who: Reader, creditor: Creditor = None, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[AccountSummary]:
        """Accounts in order of creditor and id."""
        rows = await _list(self.service, who.visible(creditor), cursor, limit)
        answer = page(rows, limit, lambda row: (row["creditor"], row["account"]), _summary)
        items = answer["items"]
        owners = [Named(one.creditor, one.account_id, "account", one.account_id) for one in items]
        numbers = await numbers_of(self.service, owners)
        answer["items"] = [
            one.model_copy(update={"number": numbers.get(owner)})
            for one, owner in zip(items, owners, strict=True)
        ]
        return Page[AccountSummary](**answer)

    async def account(
        self,
        who: Reader,
        account_id: AccountId,
        creditor: Creditor = None,
        as_of: AsOf = None,
        known: KnownWhen = "then",
    ) -> AccountSummary:
        """One account's figures."""
        return await self._figures(who.scope(creditor), account_id, as_of, known)

    async def balance(
        self,
        who: Reader,
        account_id: AccountId,
        creditor: Creditor = None,
        as_of: AsOf = None,
        known: KnownWhen = "then",
    ) -> AccountSummary:
        """What an account owes on a day, late fee through that day included."""
        return await self._figures(who.scope(creditor), account_id, as_of, known)

    async def items(
        self,
        who: Reader,
        account_id: AccountId,
        creditor: Creditor = None,
        as_of: AsOf = None,
        state: Annotated[Literal["open", "all"], Query(description="closed items too?")] = "open",
        cursor: Cursor = None,
        limit: Limit = LIMIT_MAX,
    ) -> ItemsOut:
        """An account's items in the order money reaches them."""
        after = decode_cursor(cursor, date, date, int, int, datetime)
        moment = None if after is None else Moment(*after[3:])
        seen = await snapshot(self.service, who.scope(creditor), account_id, as_of, moment=moment)
        items = sorted(await self._items(seen, state), key=order)
        if after is not None:
            items = [item for item in items if order(item) > tuple(after[:3])]
        owner = seen.named("account", account_id)
        things = [seen.named("invoice", item.id) for item in items[:limit]]
        numbers = await numbers_of(self.service, [owner, *things])
        answer = page(
            items[: limit + 1],
            limit,
            lambda item: (*order(item), *seen.moment),
            lambda item: _item(seen, item, numbers.get(seen.named("invoice", item.id))),
        )
        return ItemsOut(
            creditor=seen.creditor,
            account_id=account_id,
            number=numbers.get(owner),
            as_of=seen.day,
            version=seen.version,
            currency=seen.terms.currency,
            **answer,
        )

    async def _items(self, seen: Snapshot, state: str) -> Iterable[Item]:
        """The open items, or with the closed ones, which the account's history alone has."""
        if state == "open":
            return seen.account.items
        whole = await folded(self.service, seen.stream, Selection(through=seen.version))
        closed = {one.id: one for one in whole.items.values() if one.status != "open"}
        return (closed | {one.id: one for one in seen.account.items}).values()

    async def _figures(
        self, creditor: str, account_id: str, as_of: date | None, known_when: Known
    ) -> AccountSummary:
        seen = await snapshot(self.service, creditor, account_id, as_of, known=known_when)
        owner = seen.named("account", account_id)
        numbers = await numbers_of(self.service, [owner])
        return _summed(seen).model_copy(update={"number": numbers.get(owner)})


async def _list(
    service: Service, creditors: list[str] | None, cursor: str | None, limit: int
) -> list[Any]:
    after = decode_cursor(cursor, str, str) or [None, None]
    now: datetime = service.clock.now()
    async with service.pool.acquire(timeout=10) as connection:
        found: list[Any] = await connection.fetch(_LIST, creditors, *after, limit + 1, now)
    return found


def _summary(row: Any) -> AccountSummary:
    today: date = row["today"]
    return AccountSummary(
        creditor=row["creditor"],
        account_id=row["account"],
        as_of=today,
        currency=row["currency"],
        principal=row["principal"],
        overdue=row["overdue"],
        late_fee=row["late_fee"],
        total=row["principal"] + row["late_fee"],
        prepaid=row["prepaid"],
        oldest_due_on=row["oldest_due_on"],
        version=row["version"],
    )


def _summed(seen: Snapshot) -> AccountSummary:
    sums = seen.balance()
    return AccountSummary(
        creditor=seen.creditor,
        account_id=seen.account_id,
        as_of=seen.day,
        currency=seen.terms.currency,
        principal=sums.principal,
        overdue=sums.overdue,
        late_fee=sums.late_fee,
        total=sums.principal + sums.late_fee,
        prepaid=sums.prepaid,
        oldest_due_on=sums.oldest_due_on,
        version=seen.version,
    )


def _item(seen: Snapshot, item: Item, number: str | None) -> ItemOut:
    return ItemOut(
        item_id=item.id,
        number=number,
        item=item.item,
        state=item.status,
        amount=item.amount,
        principal=item.principal,
        late_fee=seen.late_fee(item),
        issued_on=item.issued_on,
        due_on=item.due_on,
        original_due_on=item.original_due_on,
        days_overdue=days_overdue(item, seen.day) if item.status == "open" else 0,
        overdue=item.overdue,
        disputed=bool(item.disputes),
        in_plan=bool(item.plans),
        deferred_until=item.deferred_until,
    )
