"""Promises, plans, disputes and applications as they stand."""

from datetime import date, datetime

from msgspec import Struct


class Instalment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One instalment of a plan."""

    due: date
    amount: int


class Paid(Struct, frozen=True, kw_only=True, omit_defaults=True):
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


class Dispute(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An open dispute and the items it is about."""

    dispute_id: str
    kind: str
    item_ids: tuple[str, ...]


class Application(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An application waiting for its decision."""

    application_id: str
    for_: str
    made_on: date
    by_code: str | None = None
    subject_code: str | None = None
    amount: int | None = None
    until: date | None = None
    late: bool = False
