"""The policy pack as frozen models: what a YAML file may say.

Every model refuses fields it does not know. Figures written as `$name` are replaced by the pack's
parameters before the file is read into these models, so an action or a date never has to know where
its number came from.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    SkipValidation,
    StringConstraints,
    field_validator,
    model_validator,
)

from contracts.base import AMOUNT_MAX
from contracts.words.vocabulary import Allocation, Channel, LateFeeStart, Role
from services.dunning.policy.actions import Action, Asking, following
from services.dunning.policy.conditions import Condition
from services.dunning.policy.document import Document
from services.dunning.policy.parameters import Parameter, channels_in
from services.dunning.policy.parts import (
    DAYS_MAX,
    ENTRIES_MAX,
    TIMES_MAX,
    VERSION_MAX,
    YEARS_MAX,
    Part,
    Share,
    as_list,
)
from services.dunning.policy.recovery import (
    CashDesk,
    Commission,
    CreditRule,
    Decisions,
    Grade,
    Kpi,
)
from services.dunning.policy.timing import When
from services.dunning.policy.triggers import Trigger

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
StepId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
DayOfMonth = Annotated[int, Field(ge=1, le=31)]
Actions = Annotated[tuple[Action, ...], Field(min_length=1)]


class Title(Part):
    """A name in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class LateFee(Part):
    """Simple late fee a day on overdue principal; `started` waits for a step that starts it."""

    rate_per_day: Share = Field(ge=0, le=1)
    cap_ratio: Share = Field(default=Decimal(1), gt=0)
    starts: LateFeeStart = "due"


class Terms(Part):
    """What the ledger needs of the policy."""

    due_days: int | None = Field(default=None, ge=0, le=DAYS_MAX)
    allocation: Allocation = "principal_first"
    late_fee: LateFee | None = None


class Contact(Part):
    """When and how often a debtor may be contacted; times are local."""

    from_: Clock = Field(alias="from")
    until: Clock
    contacts_max: int = Field(ge=1, le=TIMES_MAX)
    window_days: int = Field(ge=1, le=DAYS_MAX)
    calls_per_day_max: int = Field(ge=1, le=TIMES_MAX)


class Entry(Part):
    """A part of the pack that running cases refer to by its id.

    `was` are ids it had in earlier texts of the same version: what a case recorded under one of
    these still counts as this part's.
    """

    id: StepId
    was: Annotated[tuple[StepId, ...], BeforeValidator(as_list)] = ()
    source: str = Field(min_length=1)
    do: Actions

    @property
    def names(self) -> tuple[str, ...]:
        """Its id, and those it had before."""
        return (self.id, *self.was)

    def goes_by(self, part_id: str | None) -> bool:
        """Whether an id, of today or of before, means this part."""
        return part_id == self.id or part_id in self.was


class BeforeDue(Entry):
    """A notice some days before the due date of an item not yet due."""

    days: int = Field(ge=1, le=DAYS_MAX)


class Step(Entry):
    """One step of the timetable; `approval` asks first and does the rest when it is granted."""

    when: When
    if_: Condition | None = Field(default=None, alias="if")
    approval: Asking | None = None

    @field_validator("approval", mode="before")
    @classmethod
    def _approved_first(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("then"):
            raise ValueError("a step that asks for approval first says what follows in `do`")
        return value


class Track(Part):
    """Other steps for a case once it is classified, instead of some of the usual ones."""

    classified: str = Field(min_length=1)
    instead_of: tuple[StepId, ...] = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1, max_length=ENTRIES_MAX)


class Reaction(Entry):
    """Something done at once when its cause is recorded, or at the next step time after it."""

    on: Trigger
    if_: Condition | None = Field(default=None, alias="if")
    once_a_day: bool = False
    at_step_time: bool = False


class CalendarEntry(Entry):
    """A monthly entry, on one or several days: for the creditor, for each segment with open items,
    or for accounts (`where`).
    """

    monthly: Annotated[tuple[DayOfMonth, ...], BeforeValidator(as_list), Field(min_length=1)]
    scope: Literal["creditor", "accounts", "segments"] = "creditor"
    where: Literal["open_items", "overdue", "not_yet_due", "mandate"] | None = None
    if_: Literal["any_overdue", "commission_earned", "arrears_ratio_exceeded"] | None = Field(
        default=None, alias="if"
    )

    @model_validator(mode="after")
    def _scope(self) -> "CalendarEntry":
        if (self.scope == "accounts") != (self.where is not None):
            raise ValueError("`where` names the accounts of an entry with scope: accounts")
        return self


class Limitation(Part):
    """The limitation period of a debt and what restarts it."""

    years: int = Field(ge=1, le=YEARS_MAX)
    near_days: int = Field(ge=1, le=DAYS_MAX)
    restarted_by: tuple[Literal["delivered_demand", "promise", "part_payment"], ...]
    near: tuple[Action, ...] = ()
    expired: tuple[Action, ...] = ()


class Pack(Part):
    """One creditor's policy, its figures resolved.

    `values` are the parameters in force, `overrides` those an operator changed, `content_hash`
    names the text of the file whatever its comments and overrides, `fallback` are the channels of
    notices that name none to go on by, `same_as` are the hashes of
    earlier texts of this version that say the same in other words. `deciders` are the roles that
    alone decide applications of a name; others are decided by whoever may decide at all.
    """

    id: Id
    version: int = Field(ge=1, le=VERSION_MAX)
    same_as: tuple[str, ...] = ()
    title: Title
    for_: str = Field(alias="for", min_length=1)
    description: str = Field(min_length=1)
    source: str = Field(min_length=1)
    parameters: dict[str, Parameter] = {}
    terms: Terms = Terms()
    contact: Contact
    step_time: Clock
    minimum_overdue: int = Field(default=0, ge=0, le=AMOUNT_MAX)
    unmatched_days: int = Field(default=6, ge=1, le=DAYS_MAX)
    fallback: Annotated[tuple[Channel, ...], BeforeValidator(channels_in)] = ()
    before_due: tuple[BeforeDue, ...] = Field(default=(), max_length=ENTRIES_MAX)
    steps: tuple[Step, ...] = Field(min_length=1, max_length=ENTRIES_MAX)
    tracks: tuple[Track, ...] = Field(default=(), max_length=ENTRIES_MAX)
    reactions: tuple[Reaction, ...] = Field(default=(), max_length=ENTRIES_MAX)
    calendar: tuple[CalendarEntry, ...] = Field(default=(), max_length=ENTRIES_MAX)
    grading: tuple[Grade, ...] = Field(default=(), max_length=ENTRIES_MAX)
    limitation: Limitation | None = None
    commission: Commission | None = None
    decisions: Decisions | None = None
    credit: CreditRule | None = None
    cash_desk: CashDesk | None = None
    kpi: Kpi | None = None
    segments: dict[str, str] = {}
    deciders: dict[str, Role] = {}
    values: dict[str, Any] = {}
    overrides: dict[str, Any] = {}
    content_hash: str = ""
    document: Annotated[Document | None, SkipValidation] = Field(
        default=None, exclude=True, repr=False
    )

    @property
    def label(self) -> str:
        """How a reason names the pack: `county-hospital v1`."""
        return f"{self.id} v{self.version}"

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every part that has an id."""
        tracks = (step for track in self.tracks for step in track.steps)
        return (*self.before_due, *self.steps, *tracks, *self.reactions, *self.calendar)

    def step(self, step_id: str) -> Step | None:
        """Find a step by an id of today or of before, in every track."""
        every = (*self.steps, *(step for track in self.tracks for step in track.steps))
        return next((step for step in every if step.goes_by(step_id)), None)

    def names(self, part_id: str) -> tuple[str, ...]:
        """Every id of the part that one of its ids names, that of today first."""
        return next((one.names for one in self.entries if one.goes_by(part_id)), (part_id,))

    def is_same(self, one: str | None, other: str | None) -> bool:
        """Whether two ids, each of today or of before, name the same part."""
        return one == other or (one is not None and other in self.names(one))

    def actions(self, part_id: str) -> tuple[Action, ...]:
        """The actions of a step, reaction, monthly entry or entry before the due date, by id."""
        found = next((entry for entry in self.entries if entry.goes_by(part_id)), None)
        if found is not None:
            return found.do
        if self.limitation and part_id.startswith("limitation_"):
            rules = self.limitation
            return rules.near if part_id == "limitation_near" else rules.expired
        return ()

    def action(self, part_id: str, path: tuple[int, ...]) -> Action | None:
        """One action by its place: index, and index among those under its `then`."""
        actions, found = self.actions(part_id), None
        for index in path:
            if index >= len(actions):
                return None
            found = actions[index]
            actions = following(found)
        return found
