"""What operators record of promises, plans, disputes and applications."""

from dataclasses import dataclass
from datetime import date

from services.dunning.domain.agreements.state import Instalment


@dataclass(frozen=True, kw_only=True, slots=True)
class MakePromise:
    amount: int
    by: date
    note: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AgreePlan:
    """`collateral` is what secures the plan, in words."""

    instalments: tuple[Instalment, ...]
    note: bytes | None = None
    collateral: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenDispute:
    """`item_id` absent: everything that is open."""

    kind: str = "objection"
    item_id: str | None = None
    reason: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolveDispute:
    """The oldest open dispute, or the one with an id; `amount` is the new amount, for `reduced`."""

    outcome: str
    amount: int | None = None
    dispute_id: str | None = None
    by: str | None = None
    reason: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MakeApplication:
    """`by_code` stands for who asks, `subject_code` for the subject of the token that asks for it,
    whatever the other says.
    """

    for_: str
    amount: int | None = None
    until: date | None = None
    by_code: str | None = None
    subject_code: str | None = None
    reason: bytes | None = None
