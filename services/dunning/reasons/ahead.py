"""What is to come, and why it comes when it does, or waits. None of it is stored."""

from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from services.dunning.policy.actions import Action
from services.dunning.reasons.values import Amount, Reason, TurnReason, Value


class StepDueAhead(Value, frozen=True):
    """A step to come, on the first day on which it may be taken."""

    turn: TurnReason


class ConditionFails(Value, frozen=True):
    """As things are now."""


class WaitsForStepBefore(Value, frozen=True):
    """What it follows has not happened."""


class WaitsForDecision(Value, frozen=True):
    step: str


class MoneyCovers(Value, frozen=True):
    """Money for unknown invoices covers all that is overdue."""


class Promised(Value, frozen=True):
    pass


class InstalmentDue(Value, frozen=True):
    on: date


class WaitsForLimit(Value, frozen=True):
    """A contact that the limits hold back, and why it was to go."""

    before: Reason


class AgeReached(Value, frozen=True):
    """The oldest overdue item is so many days past due by then."""

    days: int


class MinimumReached(Value, frozen=True):
    """As much as the minimum is overdue by then."""

    minimum: Amount


StepReason = StepDueAhead | ConditionFails | WaitsForStepBefore | WaitsForDecision | MoneyCovers
ComingReason = Promised | InstalmentDue | WaitsForLimit | AgeReached | MinimumReached
AheadReason = StepReason | ComingReason


@dataclass(frozen=True)
class Actions:
    """Actions of the pack, after an approval where one is asked for (`asks`); with `if_so_then`
    their conditions are looked at on the day.
    """

    actions: tuple[Action, ...]
    asks: str | None = None
    if_so_then: bool = False


@dataclass(frozen=True)
class Alert:
    kind: str


@dataclass(frozen=True)
class LimitationStage:
    stage: str


class Routine(Enum):
    """What comes without an action of the pack."""

    PAUSE = auto()
    CASE_OPENS = auto()
    CASE_GOES_ON = auto()
    GRADE = auto()
    PROMISE_CHECK = auto()
    PLAN_CHECK = auto()


What = Actions | Alert | LimitationStage | Routine
