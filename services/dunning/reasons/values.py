"""Why something happened, or is to come: a value with its figures; `english.py` has the words.

In this order: when a step's turn comes, what an action comes from, what pauses a case, the case
itself, agreements and money, the creditor's desk.
"""

from datetime import date

from msgspec import Struct


class Amount(Struct, frozen=True):
    """Money in minor units."""

    minor: int
    currency: str


class Value(Struct, frozen=True, tag=True, omit_defaults=True):
    """A reason; its tag is the class's name."""


class DayReached(Value, frozen=True):
    day: int


class DaysAfterStepBefore(Value, frozen=True):
    """`base` is the day of the step before, None while that is still to come."""

    days: int
    base: date | None = None


class MonthsPastDue(Value, frozen=True):
    months: int


class OverdueReached(Value, frozen=True):
    overdue: Amount
    least: Amount


class AfterStep(Value, frozen=True):
    step: str
    on: date
    days: int = 0


class AfterLegal(Value, frozen=True):
    progress: str
    on: date
    days: int = 0


class AfterResult(Value, frozen=True):
    """Of a task, by its kind, or of an `approval NAME`."""

    fact: str
    on: date
    results: tuple[str, ...] = ()
    days: int = 0


TurnReason = (
    DayReached
    | DaysAfterStepBefore
    | MonthsPastDue
    | OverdueReached
    | AfterStep
    | AfterLegal
    | AfterResult
)


class StepDue(Value, frozen=True):
    """A step whose turn has come while nothing pauses."""

    turn: TurnReason


class StepLeftOut(Value, frozen=True):
    """A step whose turn has come while its condition does not hold."""

    turn: TurnReason


class WaitedForLimit(Value, frozen=True):
    """A contact that the limits held back."""

    before: "Reason"


class BeforeDue(Value, frozen=True):
    days: int
    due_on: date


class Monthly(Value, frozen=True):
    day: int


class Recorded(Value, frozen=True):
    """A fact that a reaction answers, as packs name it: `task call no_answer`."""

    fact: str


class Observed(Value, frozen=True):
    kind: str


class Decided(Value, frozen=True):
    for_: str
    outcome: str


class Told(Value, frozen=True):
    """The words of a reason that was stored before reasons were values."""

    words: str


SourceReason = (
    StepDue
    | StepLeftOut
    | WaitedForLimit
    | BeforeDue
    | Monthly
    | Recorded
    | Observed
    | Decided
    | Told
)


class OnHold(Value, frozen=True): ...


class PromiseRuns(Value, frozen=True):
    by: date


class PlanRuns(Value, frozen=True): ...


class AllDisputed(Value, frozen=True):
    """All that is past due."""


class Undecided(Value, frozen=True):
    """An application."""

    for_: str


class BelowMinimum(Value, frozen=True):
    minimum: Amount


class PauseTold(Value, frozen=True):
    """A pause as it was told before pauses were values; `code` is its name in messages."""

    code: str
    words: str


Pause = OnHold | PromiseRuns | PlanRuns | AllDisputed | Undecided | BelowMinimum | PauseTold


class ItemOverdue(Value, frozen=True):
    item_id: str
    since: date


class NothingOverdue(Value, frozen=True):
    """Nor is anything past due disputed."""


class ClassifiedBefore(Value, frozen=True):
    """The class was given before the case was opened."""


class GradeMoved(Value, frozen=True):
    """The oldest overdue item or the way to reach the debtor changed."""


class Paused(Value, frozen=True):
    by: tuple[Pause, ...]


class NothingPauses(Value, frozen=True): ...


class PolicyMoved(Value, frozen=True):
    """A person moved the case to another policy; `before` is the one it left."""

    before: str
    by: str | None


class NoUsableAddress(Value, frozen=True):
    place: str | None


CaseReason = (
    ItemOverdue
    | NothingOverdue
    | ClassifiedBefore
    | GradeMoved
    | Paused
    | NothingPauses
    | PolicyMoved
    | NoUsableAddress
)


class DecisionLate(Value, frozen=True):
    for_: str
    made_on: date
    days: int


class PromiseUnmet(Value, frozen=True):
    promised: Amount
    by: date
    paid: Amount


class InstalmentsUnmet(Value, frozen=True):
    by: date
    paid: Amount
    due: Amount


class MoneyWaits(Value, frozen=True):
    """A payment for invoices nobody knows."""

    payment_id: str
    amount: Amount
    invoices: tuple[str, ...]


class PaymentWaits(Value, frozen=True):
    payment_id: str
    until: date


class LimitationEnds(Value, frozen=True):
    item_id: str
    ends_on: date


class MoneyRecovered(Value, frozen=True):
    payment_id: str
    amount: Amount
    rates: tuple[str, ...]


class PaymentTakenBack(Value, frozen=True):
    """`left` is what is left of it, None when nothing is."""

    payment_id: str
    left: Amount | None = None


class MandateEnded(Value, frozen=True):
    """For direct debit."""


MoneyReason = (
    DecisionLate
    | PromiseUnmet
    | InstalmentsUnmet
    | MoneyWaits
    | PaymentWaits
    | LimitationEnds
    | MoneyRecovered
    | PaymentTakenBack
    | MandateEnded
)


class WorkingDaysUnknown(Value, frozen=True):
    year: int
    country: str


class CashUneven(Value, frozen=True):
    """`kept` is what is not deposited in all, None where the day alone counts."""

    day: date
    collected: Amount
    deposited: Amount
    kept: Amount | None = None


CreditorReason = WorkingDaysUnknown | CashUneven


Reason = TurnReason | SourceReason | Pause | CaseReason | MoneyReason | CreditorReason
