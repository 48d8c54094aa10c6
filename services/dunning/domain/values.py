"""The small values that events and states share: items, policies, terms, promises, plans."""

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct


class Value(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An immutable value."""


class Accrual(Value, frozen=True, kw_only=True):
    """The late fee of one item as a function of the day, as the ledger states it.

    `accrued` and `per_day` are exact decimals in minor units, as text; `cap` and `settled` are
    whole minor units.
    """

    through: date
    accrued: str
    per_day: str
    cap: int
    settled: int


class Item(Value, frozen=True, kw_only=True):
    """One open item as the ledger last told it: `principal` is what is left, `due_on` the date in
    force.
    """

    item_id: str
    item: str
    amount: int
    principal: int
    due_on: date
    original_due_on: date
    issued_on: date
    accrual: Accrual | None = None
    state: str = "open"
    in_plan: bool = False


class MoneyPart(Value, frozen=True, kw_only=True):
    """Money of a payment that went to one item: principal and late fee together."""

    item_id: str
    amount: int


class Agreement(Value, frozen=True, kw_only=True):
    """The days between which an account may owe; an end left out is open."""

    valid_from: date | None = None
    until: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the agreement is in force on a day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.until is None or day <= self.until)


class Person(Value, frozen=True, kw_only=True):
    """Somebody of the creditor's staff: the name sealed, and a code that stands for it."""

    sealed: bytes
    code: str


class Sealed(Value, frozen=True, kw_only=True):
    """A text of a debtor's, sealed, and what it is found by."""

    sealed: bytes
    index: bytes


class Restart(Value, frozen=True, kw_only=True):
    """A limitation period that began anew on a day; `cause` is what did it: a payment (`amount` is
    what is left of it), a notice, a promise, by id.
    """

    on: date
    cause: str
    amount: int = 0


class Clock(Value, frozen=True, kw_only=True):
    """What is remembered of an item's limitation period: its restarts, and for which end each
    stage was told.
    """

    restarts: tuple[Restart, ...] = ()
    told: dict[str, date] = {}


class Judgment(Value, frozen=True, kw_only=True):
    """What a court awarded (None when no sum was told) and the principal of each item past due
    then, which is what pays it.
    """

    amount: int | None = None
    items: dict[str, int] = {}


class Recovered(Value, frozen=True, kw_only=True):
    """Money of a payment that went to one item, and the rate (decimal, as text) it earns at."""

    amount: int
    rate: str


class Taken(Value, frozen=True, kw_only=True):
    """Commission taken back on a day."""

    on: date
    amount: int


class Earned(Value, frozen=True, kw_only=True):
    """Commission of one payment; `reversed_on` is when the payment turned out never made.

    `paid` is what is left of the payment, `parts` where it went, in that order; `taken` is what was
    taken back of the commission.
    """

    amount: int
    on: date
    collected_by: bytes
    reversed_on: date | None = None
    paid: int = 0
    parts: tuple[Recovered, ...] = ()
    taken: tuple[Taken, ...] = ()

    @property
    def standing(self) -> int:
        """What still stands of it."""
        return 0 if self.reversed_on else self.amount - sum(one.amount for one in self.taken)


class PolicyRef(Value, frozen=True, kw_only=True):
    """A pack as a case pins it: version, the figures an operator changed (as text), and the hash of
    the pack's text.
    """

    policy: str
    version: int
    parameters: dict[str, str] = {}
    content_hash: str = ""

    @property
    def label(self) -> str:
        """How a reason names it: `county-hospital v1`."""
        return f"{self.policy} v{self.version}"


class PolicyProposal(Value, frozen=True, kw_only=True):
    """A policy proposed for a creditor's future cases and not decided yet."""

    proposal_id: str
    policy: PolicyRef
    by: str


class LateFeeTerms(Value, frozen=True, kw_only=True):
    """Simple late fee a day, its cap, and whether it `starts` when due or once started."""

    rate_per_day: Decimal
    cap_ratio: Decimal
    starts: str


class ContactTerms(Value, frozen=True, kw_only=True):
    """Local hours (`HH:MM`) of contact, and contacts per case in seven days."""

    from_hour: str
    until_hour: str
    per_seven_days: int


class MoneyTerms(Value, frozen=True, kw_only=True):
    """What a case is pinned to of money: due days, order of allocation, late fee."""

    allocation: str
    due_days: int | None = None
    late_fee: LateFeeTerms | None = None


class Terms(Value, frozen=True, kw_only=True):
    """What the ledger and the notifier need of the policy."""

    allocation: str
    due_days: int | None = None
    late_fee: LateFeeTerms | None = None
    contact: ContactTerms | None = None
    cash_desk: bool = False
    unmatched_days: int = 6
    minimum_overdue: int = 0


class Instalment(Value, frozen=True, kw_only=True):
    """One instalment of a plan."""

    due: date
    amount: int


class RunningDebit(Value, frozen=True, kw_only=True):
    """A request of a day that the bank has not answered yet."""

    request_id: str
    amount: int
    on: date


class OwedItem(Value, frozen=True, kw_only=True):
    """One item as a notice or a document shows it; amounts are those of the day it is requested."""

    item_id: str
    item: str
    due_on: date
    principal: int
    late_fee: int


class Owed(Value, frozen=True, kw_only=True):
    """What is owed on a day, in minor units: the figures of a notice. It holds no personal data."""

    as_of: date
    currency: str
    principal: int
    late_fee: int
    total: int
    oldest_due_on: date | None = None
    items: tuple[OwedItem, ...] = ()


class Paid(Value, frozen=True, kw_only=True):
    """What promises and plans have in common: `received` holds what is left of the payments made
    since, by id, `received_at` when each came in, whenever it was told.

    Of one that has ended `ended` says how (kept, broken, lapsed), and payments that came in up to
    `until` count.
    """

    case_id: str | None = None
    received: dict[str, int] = {}
    received_at: dict[str, datetime] = {}
    ended: str = ""
    until: datetime | None = None

    @property
    def paid(self) -> int:
        """What came in since."""
        return sum(self.received.values())

    def paid_by(self, at: datetime) -> int:
        """What had come in by an instant; a payment told without one came in time."""
        came = self.received_at
        return sum(
            left for key, left in self.received.items() if key not in came or came[key] <= at
        )


class Promise(Paid, frozen=True, kw_only=True):
    """A promise to pay."""

    promise_id: str
    amount: int
    by: date
    made_at: datetime


class Plan(Paid, frozen=True, kw_only=True):
    """An instalment plan."""

    plan_id: str
    instalments: tuple[Instalment, ...]
    agreed_at: datetime

    @property
    def total(self) -> int:
        """All instalments together."""
        return sum(i.amount for i in self.instalments)

    def shortfall_on(self) -> date | None:
        """Due date of the first instalment that the payments so far do not reach, if any."""
        due = 0
        for instalment in sorted(self.instalments, key=lambda i: i.due):
            due += instalment.amount
            if due > self.paid:
                return instalment.due
        return None


class Dispute(Value, frozen=True, kw_only=True):
    """An open dispute and the items it is about."""

    dispute_id: str
    kind: str
    item_ids: tuple[str, ...]


class Application(Value, frozen=True, kw_only=True):
    """An application waiting for its decision."""

    application_id: str
    for_: str
    made_on: date
    by_code: str | None = None
    amount: int | None = None
    until: date | None = None
    late: bool = False


class Approval(Value, frozen=True, kw_only=True):
    """An approval asked for and not yet decided; `step` or `reaction` and `path` say which actions
    follow.
    """

    approval_id: str
    for_: str
    by_role: str
    case_id: str | None = None
    step: str | None = None
    path: tuple[int, ...] = ()
    is_step: bool = False
    holds_steps: bool = False
    amount: int | None = None
    period: str | None = None


class OpenTask(Value, frozen=True, kw_only=True):
    """A task asked for and not yet completed."""

    task_id: str
    kind: str
    owner: str
    requested_on: date
    case_id: str | None = None
    step: str | None = None


class ReportedTask(Value, frozen=True, kw_only=True):
    """A task of the case that was completed, with the result last recorded."""

    task_id: str
    kind: str
    owner: str
    result: str | None = None
    case_id: str | None = None


class Planned(Value, frozen=True, kw_only=True):
    """What a place of the pack (`step` or reaction, and `path`) is to do at the step time of a day;
    `left` counts the times to come, this one included, None is until the case closes.
    """

    planned_id: str
    step: str
    path: tuple[int, ...]
    reason: str
    on: date
    every_days: int = 0
    left: int | None = 1
    case_id: str | None = None


class Restriction(Value, frozen=True, kw_only=True):
    """A service withheld since a day."""

    service: str
    since: date
    case_id: str | None = None
