"""What happens to a case: its steps, tasks, approvals, restrictions, and what pauses it."""

from datetime import date, datetime

from msgspec import field

from services.dunning.domain.case.state import PolicyRef
from services.dunning.domain.contact.state import Person
from services.dunning.domain.event import Effect, Event, OfCase
from services.dunning.domain.money.state import MoneyTerms, OwedItem
from services.dunning.reasons import values as r


class ObservationRecorded(Event, frozen=True, kw_only=True):
    observation_id: str
    kind: str
    on: date
    note: bytes | None = None


class LegalProgressRecorded(Event, frozen=True, kw_only=True):
    progress: str
    on: date
    amount: int | None = None


class RestrictionConfirmed(Event, frozen=True, kw_only=True):
    service: str


class CaseOpened(Effect, frozen=True, kw_only=True):
    """`first_step_on` is the first day on which a step may be taken, `terms` those of money."""

    policy_ref: PolicyRef
    opened_on: date
    first_step_on: date
    oldest_due_on: date
    overdue: int = 0
    currency: str = ""
    ledger_version: int = 0
    terms: MoneyTerms | None = None


class CasePaused(Effect, frozen=True, kw_only=True):
    reasons: tuple[r.Pause, ...]


class CaseResumed(Effect, frozen=True, kw_only=True):
    pass


class CaseClosed(Effect, frozen=True, kw_only=True):
    """`last_overdue_on` is given when what was past due had been disputed to the end."""

    closed_on: date
    last_overdue_on: date | None = None


class OverdueEnded(Event, frozen=True, kw_only=True):
    """Nothing is overdue any more, though no case closed with it."""

    on: date


class CasePolicyChanged(Effect, frozen=True, kw_only=True):
    """A running case was moved to another policy on purpose; what it took before stays taken, and
    `terms` of money are those of the new one from the day `on`.
    """

    before: PolicyRef
    after: PolicyRef
    by: str | None = None
    note: bytes | None = None
    on: date | None = None
    terms: MoneyTerms | None = None


class StepTaken(Effect, frozen=True, kw_only=True):
    """`asks` marks a step that asked for approval: what it does follows once that is granted."""

    on: date
    asks: bool = False
    days_past_due: int = 0
    ledger_version: int = 0


class StepDropped(Effect, frozen=True, kw_only=True):
    on: date


class StepGranted(Effect, frozen=True, kw_only=True):
    """The approved action of a step happened; days after the step count from here."""

    on: date


class ActionPlanned(Effect, frozen=True, kw_only=True):
    """Something is to be done at a later step time, `left` times (None: until the case closes),
    `every_days` apart; `path` finds it in the pack.
    """

    planned_id: str
    on: date
    path: tuple[int, ...] = ()
    every_days: int = 0
    left: int | None = 1


class ActionReached(Effect, frozen=True, kw_only=True):
    """The day of something planned has come."""

    planned_id: str
    on: date


class Reacted(Effect, frozen=True, kw_only=True):
    """A reaction that is done once a day was done."""

    on: date


class TaskRequested(Effect, frozen=True, kw_only=True):
    """Work for a role, a department, or a `person`: then the owner is called `responsible`; `asks`
    is what the policy wants to know or to have done.
    """

    task_id: str
    kind: str
    owner: str
    on: date
    with_owners: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    contact: str | None = None
    person: Person | None = None
    segment: str | None = None


class TaskCompleted(OfCase, frozen=True, kw_only=True):
    task_id: str
    kind: str
    result: str
    at: datetime
    note: bytes | None = None
    by: str | None = None


class TaskWithdrawn(Effect, frozen=True, kw_only=True):
    task_id: str
    kind: str


class RestrictionRequested(Effect, frozen=True, kw_only=True):
    service: str
    on: date
    ledger_version: int


class RestorationRequested(Effect, frozen=True, kw_only=True):
    service: str
    ledger_version: int


class ReferralMade(Effect, frozen=True, kw_only=True):
    to: str
    on: date
    ledger_version: int
    overdue: int = 0
    currency: str = ""


class LegalRequested(Effect, frozen=True, kw_only=True):
    request_id: str
    document: str
    on: date
    ledger_version: int
    principal: int
    late_fee: int
    total: int
    items: tuple[OwedItem, ...]
    currency: str = ""


class ApprovalRequested(Effect, frozen=True, kw_only=True):
    """`path` finds what follows in the pack; `holds_steps`: the steps wait for the decision."""

    approval_id: str
    for_: str = field(name="for")
    by_role: str
    path: tuple[int, ...] = ()
    is_step: bool = False
    holds_steps: bool = False
    amount: int | None = None
    period: str | None = None


class ApprovalDecided(Effect, frozen=True, kw_only=True):
    approval_id: str
    for_: str = field(name="for")
    outcome: str
    by: str | None = None
    amount: int | None = None
    at: datetime | None = None


class ApprovalLapsed(Effect, frozen=True, kw_only=True):
    approval_id: str
    for_: str = field(name="for")


class Classified(Effect, frozen=True, kw_only=True):
    as_: str = field(name="as")


class ClassifiedAhead(Effect, frozen=True, kw_only=True):
    """A class given while no case runs; the next case begins with it."""

    as_: str = field(name="as")


class AlertRaised(Effect, frozen=True, kw_only=True):
    kind: str
    on: date | None = None


class CalendarRun(Effect, frozen=True, kw_only=True):
    """A monthly entry had its day."""

    on: date


class HoldPlaced(Event, frozen=True, kw_only=True):
    """Everything stops; `observed` is the observation that brought it about, if no person did, and
    `ground` the debtor's right where it is one.
    """

    hold_id: str
    reason: bytes | None = None
    by: str | None = None
    observed: str | None = None
    ground: str = ""


class HoldReleased(Event, frozen=True, kw_only=True):
    """The account goes on, unless another hold is `standing`."""

    hold_id: str
    by: str | None = None
    standing: str | None = None


class RetentionEnded(Event, frozen=True, kw_only=True):
    """What is known of the debtor may go: the account has been closed since `closed_on`, for the
    `days` its creditor keeps it.
    """

    closed_on: date
    days: int


class WakeScheduled(Event, frozen=True, kw_only=True):
    """The next instant at which there is something to do; `turn_on` is the local day whose steps
    were last gone through, `put_off` one whose steps wait for money released that morning.
    """

    at: datetime | None
    turn_on: date | None = None
    put_off: date | None = None
