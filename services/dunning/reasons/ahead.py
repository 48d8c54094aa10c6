"""Why something to come comes when it does, or waits."""

from datetime import date

from services.dunning.reasons.values import TurnReason, Value


class StepDueAhead(Value, frozen=True):
    """A step to come, on the day its turn comes."""

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


AheadReason = (
    StepDueAhead
    | ConditionFails
    | WaitsForStepBefore
    | WaitsForDecision
    | MoneyCovers
    | Promised
    | InstalmentDue
)
