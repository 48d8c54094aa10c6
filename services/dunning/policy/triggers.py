"""What a reaction answers to: one kind of fact, or `any` of several."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from contracts.words.vocabulary import Decision
from services.dunning.policy.facts import (
    ApplicationFact,
    ApprovalFact,
    CaseFact,
    ClassFact,
    DeliveryFact,
    DisputeFact,
    Fact,
    InvoiceFact,
    LimitationFact,
    MandateFact,
    ObservationFact,
    PlanFact,
    PromiseFact,
    TaskFact,
)
from services.dunning.policy.parts import TIMES_MAX, Below, ByKey, Keyed, Names, as_list
from services.dunning.policy.vocabulary import DisputeChange, NoticeFate, TaskKind

Fates = Annotated[tuple[NoticeFate, ...], BeforeValidator(as_list)]


class OnObservation(Keyed):
    """One of these was seen."""

    key: ClassVar[str] = "observation"
    observation: Names

    def answers(self, fact: Fact) -> bool:
        return isinstance(fact, ObservationFact) and fact.kind in self.observation


class OnDispute(Keyed):
    """A dispute was opened or resolved."""

    key: ClassVar[str] = "dispute"
    dispute: DisputeChange

    def answers(self, fact: Fact) -> bool:
        return fact == DisputeFact(self.dispute)


class OnApplication(Below):
    """An application was made or decided."""

    key: ClassVar[str] = "application"
    for_: str = Field(alias="for", min_length=1)
    outcome: Literal["made", "approved", "rejected"]

    def answers(self, fact: Fact) -> bool:
        return fact == ApplicationFact(self.for_, self.outcome)


class OnApproval(Below):
    """An approval was decided."""

    key: ClassVar[str] = "approval"
    for_: str = Field(alias="for", min_length=1)
    outcome: Decision

    def answers(self, fact: Fact) -> bool:
        return fact == ApprovalFact(self.for_, self.outcome)


class OnTask(Below):
    """A task of a kind ended with one of these results (any when none is named); with `times`, so
    many of them in this case.
    """

    key: ClassVar[str] = "task"
    kind: TaskKind
    results: Names = ()
    times: int | None = Field(default=None, ge=1, le=TIMES_MAX)

    def answers(self, fact: Fact) -> bool:
        """Whether such a task ended; how many did is for the case to say."""
        if not isinstance(fact, TaskFact) or fact.kind != self.kind:
            return False
        return not self.results or fact.result in self.results


class OnPlan(Keyed):
    """An instalment plan was agreed, broken or completed."""

    key: ClassVar[str] = "plan"
    plan: Literal["agreed", "broken", "completed"]

    def answers(self, fact: Fact) -> bool:
        return fact == PlanFact(self.plan)


class OnPromise(Keyed):
    """A promise to pay was made, kept or broken."""

    key: ClassVar[str] = "promise"
    promise: Literal["made", "kept", "broken"]

    def answers(self, fact: Fact) -> bool:
        return fact == PromiseFact(self.promise)


class OnCase(Keyed):
    """The case opened or closed."""

    key: ClassVar[str] = "case"
    case: Literal["opened", "closed"]

    def answers(self, fact: Fact) -> bool:
        return fact == CaseFact(self.case)


class OnClassified(Keyed):
    """The case came into one of these classes."""

    key: ClassVar[str] = "classified"
    classified: Names

    def answers(self, fact: Fact) -> bool:
        return isinstance(fact, ClassFact) and fact.name in self.classified


class OnInvoice(Keyed):
    """An invoice was issued to an account that may not owe."""

    key: ClassVar[str] = "invoice"
    invoice: Literal["without_agreement"]

    def answers(self, fact: Fact) -> bool:
        return fact == InvoiceFact(self.invoice)


class OnLimitation(Keyed):
    """A limitation period came near its end, or to it."""

    key: ClassVar[str] = "limitation"
    limitation: Literal["near", "expired"]

    def answers(self, fact: Fact) -> bool:
        return fact == LimitationFact(self.limitation)


class OnMandate(Keyed):
    """The direct-debit mandate ended."""

    key: ClassVar[str] = "mandate"
    mandate: Literal["withdrawn"]

    def answers(self, fact: Fact) -> bool:
        return fact == MandateFact(self.mandate)


class OnDelivery(Keyed):
    """A notice of the case met one of these fates."""

    key: ClassVar[str] = "delivery"
    delivery: Fates

    def answers(self, fact: Fact) -> bool:
        return isinstance(fact, DeliveryFact) and fact.fate in self.delivery


SingleTrigger = (
    OnObservation
    | OnDispute
    | OnApplication
    | OnApproval
    | OnTask
    | OnPlan
    | OnPromise
    | OnCase
    | OnClassified
    | OnInvoice
    | OnLimitation
    | OnMandate
    | OnDelivery
)
"""What answers to one kind of fact."""


class OnAny(Keyed):
    """One of several kinds of fact."""

    key: ClassVar[str] = "any"
    any: tuple[Annotated[SingleTrigger, ByKey()], ...] = Field(min_length=1)

    def answers(self, fact: Fact) -> bool:
        return any(one.answers(fact) for one in self.any)


Trigger = Annotated[OnAny | SingleTrigger, ByKey()]


def single_triggers(trigger: OnAny | SingleTrigger) -> tuple[SingleTrigger, ...]:
    """The kinds of fact that a trigger is put together of."""
    return trigger.any if isinstance(trigger, OnAny) else (trigger,)
