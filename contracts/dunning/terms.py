"""What the ledger must know of the policy: the creditor's terms, deferrals, late fees, fees,
write-offs.
"""

from typing import ClassVar

from contracts.base import (
    Amount,
    Count,
    Currency,
    Day,
    DecimalText,
    Flag,
    Identifier,
    Label,
    Part,
    PositiveAmount,
    TimeOfDay,
    Version,
)
from contracts.dunning.base import DunningContract
from contracts.words.vocabulary import Allocation, LateFeeStart


class LateFeeTerms(Part):
    """A late fee: a share of the overdue principal per day, up to `cap_ratio` of the original one.

    It starts the day after the due date (`due`), or where dunning says so (`started`).
    """

    rate_per_day: DecimalText
    cap_ratio: DecimalText = "1"
    starts: LateFeeStart = "due"


class CaseTerms(Part):
    """The terms of money a case is pinned to, with its policy version."""

    due_days: Count | None = None
    allocation: Allocation = "principal_first"
    late_fee: LateFeeTerms | None = None


class ContactTerms(Part):
    """When and how often debtors may be contacted: local hours, contacts per case in any seven
    days.
    """

    from_hour: TimeOfDay = "08:00"
    until_hour: TimeOfDay = "20:00"
    per_seven_days: Count = 7


class TermsPublished(DunningContract):
    """A creditor's terms were set or changed; goes to every lane. `name` is how letters call the
    creditor. With `cash_desk` cash is receipted and counted every evening, in the `home_lane`: the
    one that messages about the creditor as a whole travel in. Below `minimum_overdue` no
    case opens; money that waits for an unknown invoice is released `unmatched_days` after it came.
    Where a `calendar` (a country's code) or `closed_days` are named, nobody is contacted on a
    closed day. Refunds above `second_person_above` take a second person.
    """

    TYPE: ClassVar[str] = "dunning.terms.published.v1"

    creditor: Identifier
    name: Label | None = None
    time_zone: Label
    currency: Currency
    due_days: Count | None = None
    allocation: Allocation = "principal_first"
    late_fee: LateFeeTerms | None = None
    contact: ContactTerms | None = None
    policy: Identifier
    version: Version
    languages: tuple[Identifier, ...] = ()
    cash_desk: Flag = False
    minimum_overdue: Amount = 0
    unmatched_days: Count = 6
    calendar: Identifier | None = None
    closed_days: tuple[Day, ...] = ()
    second_person_above: Amount = 0
    home_lane: Count | None = None


class TermsMessage(DunningContract):
    """The base of what dunning tells the ledger about one account."""

    account_id: Identifier
    case_id: Identifier | None = None


class ItemDeferred(TermsMessage):
    """Items fall due on another day; no `item_ids` means all open ones."""

    TYPE: ClassVar[str] = "dunning.item.deferred.v1"
    LISTS: ClassVar[tuple[str, ...]] = ("item_ids",)

    item_ids: tuple[Identifier, ...] = ()
    until: Day
    more: Flag | None = None
    part: Count | None = None


class LateFeeStarted(TermsMessage):
    """What is overdue bears a late fee from `from_day` on."""

    TYPE: ClassVar[str] = "dunning.late_fee.started.v1"

    from_day: Day


class LateFeeWaived(TermsMessage):
    """Late fee is given up: `amount`, or all that is due."""

    TYPE: ClassVar[str] = "dunning.late_fee.waived.v1"

    amount: Amount | None = None


class FeeCharged(TermsMessage):
    """A fee is added to what is owed, as an item of its own."""

    TYPE: ClassVar[str] = "dunning.fee.charged.v1"

    item_id: Identifier
    item: Identifier
    amount: PositiveAmount
    currency: Currency
    issued_on: Day
    due_on: Day


class WriteOffApproved(TermsMessage):
    """Items may be written off; no `item_ids` means all that has fallen due."""

    TYPE: ClassVar[str] = "dunning.write_off.approved.v1"
    LISTS: ClassVar[tuple[str, ...]] = ("item_ids",)

    approval_id: Identifier
    item_ids: tuple[Identifier, ...] = ()
    amount: Amount | None = None
    ledger_version: Count | None = None
    more: Flag | None = None
    part: Count | None = None
