"""Promises, plans, disputes and applications, in the past tense."""

from datetime import date, datetime

from msgspec import field

from services.dunning.domain.agreements.state import Instalment
from services.dunning.domain.event import Effect, Event, OfCase


class DecisionFoundLate(Effect, frozen=True, kw_only=True):
    """An application has waited too long; it is told once."""

    application_id: str


class PromiseMade(OfCase, frozen=True, kw_only=True):
    promise_id: str
    amount: int
    by: date
    made_at: datetime
    note: bytes | None = None


class PromiseKept(OfCase, frozen=True, kw_only=True):
    """What was promised came in, in time; payments that came in up to `until` count for it."""

    promise_id: str
    until: datetime | None = None


class PromiseBroken(OfCase, frozen=True, kw_only=True):
    """What was promised had not come in `until` then; one that came in before and is told later
    keeps the promise all the same.
    """

    promise_id: str
    paid: int
    until: datetime | None = None


class PromiseLapsed(OfCase, frozen=True, kw_only=True):
    """Nothing is owed any more, so the promise ends neither kept nor broken."""

    promise_id: str
    until: datetime | None = None


class PromiseResumed(OfCase, frozen=True, kw_only=True):
    """A payment that kept a promise counts as never made: it runs again."""

    promise_id: str
    amount: int
    by: date
    paid: int = 0


class PlanAgreed(OfCase, frozen=True, kw_only=True):
    plan_id: str
    instalments: tuple[Instalment, ...]
    agreed_at: datetime
    note: bytes | None = None
    collateral: bytes | None = None


class PlanBroken(OfCase, frozen=True, kw_only=True):
    plan_id: str
    paid: int
    due: int
    until: datetime | None = None


class PlanCompleted(OfCase, frozen=True, kw_only=True):
    plan_id: str
    until: datetime | None = None


class PlanResumed(OfCase, frozen=True, kw_only=True):
    """A plan runs again: a payment that completed it counts as never made, or one that came in in
    time was told after the plan had been broken.
    """

    plan_id: str
    instalments: tuple[Instalment, ...]
    paid: int = 0


class DisputeOpened(OfCase, frozen=True, kw_only=True):
    dispute_id: str
    kind: str
    item_ids: tuple[str, ...]
    reason: bytes | None = None


class DisputeResolved(OfCase, frozen=True, kw_only=True):
    """`amount` is the items' new amount, for outcome `reduced`."""

    dispute_id: str
    outcome: str
    item_ids: tuple[str, ...]
    amount: int | None = None
    by: str | None = None
    reason: bytes | None = None


class ApplicationMade(OfCase, frozen=True, kw_only=True):
    """`by_code` stands for who asked, `subject_code` for whose token it was: they can be compared
    with who decides and tell no name.
    """

    application_id: str
    for_: str = field(name="for")
    on: date
    amount: int | None = None
    until: date | None = None
    by_code: str | None = None
    subject_code: str | None = None
    reason: bytes | None = None


class ApplicationDecided(OfCase, frozen=True, kw_only=True):
    application_id: str
    for_: str = field(name="for")
    outcome: str
    by: str | None = None
    amount: int | None = None
    until: date | None = None


class ItemDeferred(Event, frozen=True, kw_only=True):
    item_ids: tuple[str, ...]
    until: date
    application_id: str
