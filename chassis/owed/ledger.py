"""The ledger's figures of one account as a service last heard them, folded from its messages."""

from collections.abc import Collection
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from contracts import ledger
from contracts.words.late_fee import Accrual, accrual_of


class OpenItem(Struct, frozen=True):
    """One open item: amounts in minor units."""

    item_id: str
    item: str
    due_on: date
    principal: int
    overdue: bool
    accrual: Accrual | None = None


class LedgerSeen(Struct, frozen=True, tag="ledger_seen"):
    """The ledger's figures changed; `changed` are items still open, `closed` those that are not,
    `prepaid` is money that waits.
    """

    version: int
    overdue: int
    late_fee: int
    oldest_due_on: date | None
    currency: str
    as_of: date
    changed: tuple[OpenItem, ...] = ()
    closed: tuple[str, ...] = ()
    prepaid: int = 0


class LedgerView(Struct, frozen=True, omit_defaults=True):
    """The ledger's figures as last heard; `version` 0 when nothing was heard yet."""

    version: int = 0
    overdue: int = 0
    late_fee: int = 0
    oldest_due_on: date | None = None
    currency: str = ""
    as_of: date | None = None
    items: dict[str, OpenItem] = {}
    prepaid: int = 0


class FollowBalance(Struct, frozen=True):
    """Take in a changed balance."""

    balance: ledger.BalanceChanged


class FollowClearance(Struct, frozen=True):
    """Take in that nothing is overdue any more."""

    clearance: ledger.AccountCleared


def follow_balance(view: LedgerView, command: FollowBalance) -> list[LedgerSeen]:
    """What a changed balance adds to the view; nothing when it is older.

    Of several parts only the last raises the version that is acted on.
    """
    data = command.balance
    if data.ledger_version < view.version:
        return []
    return [
        LedgerSeen(
            version=view.version if data.more else data.ledger_version,
            overdue=data.overdue,
            late_fee=data.late_fee,
            oldest_due_on=data.oldest_due_on,
            currency=data.currency,
            as_of=data.as_of,
            changed=tuple(_open_item(one) for one in data.items if one.state == "open"),
            closed=tuple(one.item_id for one in data.items if one.state != "open"),
            prepaid=data.prepaid,
        )
    ]


def follow_clearance(view: LedgerView, command: FollowClearance) -> list[LedgerSeen]:
    """Nothing is overdue, whatever was last heard of the balance."""
    data = command.clearance
    if data.ledger_version < view.version or (view.version and view.oldest_due_on is None):
        return []
    return [
        LedgerSeen(
            version=data.ledger_version,
            overdue=0,
            late_fee=0,
            oldest_due_on=None,
            currency=view.currency,
            as_of=data.as_of,
            changed=tuple(
                replace(one, overdue=False) for one in view.items.values() if one.overdue
            ),
            prepaid=view.prepaid,
        )
    ]


def seen(view: LedgerView, event: LedgerSeen) -> LedgerView:
    """The view after the ledger's figures changed."""
    return LedgerView(
        version=event.version,
        overdue=event.overdue,
        late_fee=event.late_fee,
        oldest_due_on=event.oldest_due_on,
        currency=event.currency,
        as_of=event.as_of,
        items=_without(view.items, event.closed) | {one.item_id: one for one in event.changed},
        prepaid=event.prepaid,
    )


def _without(items: dict[str, OpenItem], closed: Collection[str]) -> dict[str, OpenItem]:
    return {key: one for key, one in items.items() if key not in closed}


def _open_item(item: ledger.ItemState) -> OpenItem:
    return OpenItem(
        item_id=item.item_id,
        item=item.item,
        due_on=item.due_on,
        principal=item.principal,
        overdue=item.overdue,
        accrual=accrual_of(item.accrual),
    )
