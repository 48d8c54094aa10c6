"""Collects the events of one decision while the state follows them.

What the rooms ask of one another goes through the recorder (`rec.perform`, `rec.react`,
`rec.reassess`): `decide.py` hands it the functions, so that no room imports one above it.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from contracts.words.workdays import EVERY_DAY, WorkingDays
from services.dunning.domain.account import Account
from services.dunning.domain.case.events import AlertRaised
from services.dunning.domain.contact.people import NOBODY, People
from services.dunning.domain.event import Effect, Why, because
from services.dunning.domain.localtime import instant, local_day
from services.dunning.policy.actions import Action
from services.dunning.policy.facts import Fact
from services.dunning.policy.model import Pack
from services.dunning.reasons.ahead import AheadReason, What
from services.dunning.reasons.values import Amount, Pause, Reason

FindPauses = Callable[[Account, date, int], tuple[Pause, ...]]
"""Names what pauses an account on a day, given the pack's minimum."""


class Cause(NamedTuple):
    """Where an effect comes from: a step, reaction or calendar entry, why, and its place in the
    pack. One that is not `of_case` has nothing to do with the case that runs.
    """

    step: str | None
    reason: Reason
    path: tuple[int, ...] = ()
    amount: int | None = None
    approval_id: str | None = None
    contact: str | None = None
    channel: str | None = None
    planned: str | None = None
    follows: tuple[str, ...] = ()
    of_case: bool = True

    def at(self, index: int) -> "Cause":
        """The same cause, one action further in."""
        return self._replace(path=(*self.path, index))


class _Perform(Protocol):
    """Carry out actions in their order: see `case/acting.py`."""

    def __call__(
        self, rec: "Recorder", actions: Iterable[Action], cause: Cause, *, is_step: bool
    ) -> None: ...


class _Act(Protocol):
    """Carry out one action whose condition was looked at: see `case/acting.py`."""

    def __call__(self, rec: "Recorder", action: Action, cause: Cause, *, is_step: bool) -> None: ...


class _React(Protocol):
    """Run the reactions to a fact: see `case/reacting.py`."""

    def __call__(self, rec: "Recorder", fact: Fact, led_by: tuple[str, ...] = ()) -> None: ...


class _Reassess(Protocol):
    """Bring the case in line with what is owed: see `case/casework.py`."""

    def __call__(self, rec: "Recorder", *, may_open: bool = True) -> None: ...


class Links(NamedTuple):
    """What the recorder is handed: how state and people follow an event, what pauses a case on a
    day, and the functions that the rooms ask of one another.
    """

    evolve: Callable[[Account, Any], Account]
    count_contact: Callable[[People, Any, datetime], People]
    find_pauses: FindPauses
    perform: _Perform
    act: _Act
    react: _React
    reassess: _Reassess


class View:
    """An account as it stands at an instant, under its pack; nothing is recorded through it."""

    def __init__(
        self,
        state: Account,
        pack: Pack,
        now: datetime,
        zone: ZoneInfo,
        find_pauses: FindPauses,
        people: People = NOBODY,
        working: WorkingDays = EVERY_DAY,
    ) -> None:
        self.state = state
        self.pack = pack
        self.now = now
        self.zone = zone
        self.people = people
        self.working = working
        self.today: date = local_day(now, zone)
        self._find_pauses = find_pauses
        self._pauses: tuple[Account, tuple[Pause, ...]] | None = None
        """The state that was asked about last, and what pauses it."""

    @property
    def case_id(self) -> str | None:
        """The running case, if any."""
        return self.state.case.case_id if self.state.case else None

    @property
    def is_paused(self) -> bool:
        """Whether anything pauses the account now."""
        return bool(self.pause_reasons)

    @property
    def pause_reasons(self) -> tuple[Pause, ...]:
        """What pauses the account now."""
        if self._pauses is None or self._pauses[0] is not self.state:
            found = self._find_pauses(self.state, self.today, self.pack.minimum_overdue)
            self._pauses = self.state, found
        return self._pauses[1]

    def amount(self, minor: int) -> Amount:
        """Money of the account, for reasons."""
        return Amount(minor, self.state.currency)

    def at(self, day: date, clock: str) -> datetime:
        """The instant of a local time on a day."""
        return instant(day, clock, self.zone)

    def steps_at(self, day: date) -> datetime:
        """The instant for steps on a day."""
        return instant(day, self.pack.step_time, self.zone)

    @property
    def step_time(self) -> datetime:
        """Today's instant for steps."""
        return instant(self.today, self.pack.step_time, self.zone)


class Recorder(View):
    """The state as it becomes while a command is decided, and the events that made it so."""

    def __init__(
        self,
        state: Account,
        pack: Pack,
        now: datetime,
        zone: ZoneInfo,
        links: Links,
        people: People = NOBODY,
        working: WorkingDays = EVERY_DAY,
    ) -> None:
        super().__init__(state, pack, now, zone, links.find_pauses, people, working)
        self.before = state
        self.events: list[Any] = []
        self._links = links

    def emit(self, event: Any) -> None:
        """Record an event; the state moves on at once."""
        self.events.append(event)
        self.state = self._links.evolve(self.state, event)
        if self.people.persons:
            self.people = self._links.count_contact(self.people, event, self.now)

    def effect(self, event: Effect, cause: Cause) -> None:
        """Record something the policy brought about, with where it came from."""
        self.emit(because(event, self._why(cause)))

    def alert(self, kind: str, cause: Cause) -> None:
        """Tell operations; alerts use up nothing."""
        self.effect(AlertRaised(kind=kind, on=self.today), cause)

    def new_id(self, letter: str) -> str:
        """An id for what the next event makes: unique, the same whenever the decision is made
        again.
        """
        return f"{self.state.code}-{letter}{self.state.sequence + 1}"

    def _why(self, cause: Cause) -> Why:
        return Why(
            case_id=self.case_id if cause.of_case else None,
            step=cause.step,
            reason=cause.reason,
            policy=self.pack.id,
            policy_version=self.pack.version,
        )

    # ---- what the rooms ask of one another

    def perform(self, actions: Iterable[Action], cause: Cause, *, is_step: bool = False) -> None:
        """Carry out the actions whose condition holds, and whatever answers a class they give."""
        self._links.perform(self, actions, cause, is_step=is_step)

    def act(self, action: Action, cause: Cause) -> None:
        """Carry out one action of no step, whatever its condition, and what answers its class."""
        self._links.act(self, action, cause, is_step=False)

    def react(self, fact: Fact, led_by: tuple[str, ...] = ()) -> None:
        """Run every reaction to a fact, but for those that led to it."""
        self._links.react(self, fact, led_by)

    def reassess(self) -> None:
        """Bring the case in line with what is owed."""
        self._links.reassess(self)


class Due(NamedTuple):
    """Something that comes up by itself: when, what, why, and what is then done.

    `at` is None while that is not known; `step` is the step, reaction or entry it belongs to. `run`
    looks again at whether it is still so: what is done before it on the same day may have changed
    it.
    """

    at: datetime | None
    what: What
    why: Reason | AheadReason
    run: Callable[[Recorder], None]
    step: str | None = None
