"""Why something to come comes when it does, or waits."""

from datetime import date

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
