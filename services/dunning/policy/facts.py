"""Facts that reactions answer to, as they are recorded on an account."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ObservationFact:
    """Something was seen."""

    kind: str

    def __str__(self) -> str:
        return f"observation {self.kind}"


@dataclass(frozen=True)
class DisputeFact:
    """A dispute was opened, or resolved with an outcome."""

    change: str

    def __str__(self) -> str:
        return f"dispute {self.change}"


@dataclass(frozen=True)
class ApplicationFact:
    """An application was made or decided."""

    for_: str
    outcome: str

    def __str__(self) -> str:
        return f"application {self.for_} {self.outcome}"


@dataclass(frozen=True)
class ApprovalFact:
    """An approval was decided."""

    for_: str
    outcome: str

    def __str__(self) -> str:
        return f"approval {self.for_} {self.outcome}"


@dataclass(frozen=True)
class TaskFact:
    """A task was completed."""

    kind: str
    result: str | None = None

    def __str__(self) -> str:
        return f"task {self.kind} {self.result}" if self.result else f"task {self.kind}"


@dataclass(frozen=True)
class PlanFact:
    """A plan was agreed, broken or completed."""

    change: str

    def __str__(self) -> str:
        return f"plan {self.change}"


@dataclass(frozen=True)
class PromiseFact:
    """A promise was made, kept or broken."""

    change: str

    def __str__(self) -> str:
        return f"promise {self.change}"


@dataclass(frozen=True)
class CaseFact:
    """The case opened or closed."""

    change: str

    def __str__(self) -> str:
        return f"case {self.change}"


@dataclass(frozen=True)
class ClassFact:
    """The case came into a class."""

    name: str

    def __str__(self) -> str:
        return f"classified {self.name}"


@dataclass(frozen=True)
class InvoiceFact:
    """An invoice was issued to an account that may not owe."""

    what: str = "without_agreement"

    def __str__(self) -> str:
        return f"invoice {self.what}"


@dataclass(frozen=True)
class LimitationFact:
    """A limitation period came near its end, or to it."""

    stage: str

    def __str__(self) -> str:
        return f"limitation {self.stage}"


@dataclass(frozen=True)
class MandateFact:
    """A direct-debit mandate ended."""

    change: str = "withdrawn"

    def __str__(self) -> str:
        return f"mandate {self.change}"


@dataclass(frozen=True)
class DeliveryFact:
    """A notice of the case did not reach the debtor."""

    fate: str

    def __str__(self) -> str:
        return f"delivery {self.fate}"


Fact = (
    ObservationFact
    | DisputeFact
    | ApplicationFact
    | ApprovalFact
    | TaskFact
    | PlanFact
    | PromiseFact
    | CaseFact
    | ClassFact
    | InvoiceFact
    | LimitationFact
    | MandateFact
    | DeliveryFact
)
