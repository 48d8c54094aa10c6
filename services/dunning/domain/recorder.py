"""Collects the events of one decision while the state follows them."""

from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from contracts.words.formats import money
from contracts.words.workdays import EVERY_DAY, WorkingDays
from services.dunning.domain.account import Account
from services.dunning.domain.case.pausing import pause_reasons
from services.dunning.domain.contact.people import NOBODY, People
from services.dunning.domain.event import Effect, Why, because
from services.dunning.domain.evolve import evolve_account
from services.dunning.domain.localtime import instant, local_day
from services.dunning.policy.model import Pack


class Cause(NamedTuple):
    """Where an effect comes from: a step, reaction or calendar entry, the reason in words, and its
    place in the pack. One that is not `of_case` has nothing to do with the case that runs.
    """

    step: str | None
    reason: str
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


class Recorder:
    """The state as it becomes while a command is decided, and the events that made it so."""

    def __init__(
        self,
        state: Account,
        pack: Pack,
        now: datetime,
        zone: ZoneInfo,
        people: People = NOBODY,
        working: WorkingDays = EVERY_DAY,
    ) -> None:
        self.before = state
        self.state = state
        self.pack = pack
        self.now = now
        self.zone = zone
        self.people = people
        self.working = working
        self.today: date = local_day(now, zone)
        self.events: list[Any] = []

    def emit(self, event: Any) -> None:
        """Record an event; the state moves on at once."""
        self.events.append(event)
        self.state = evolve_account(self.state, event)
        if self.people.persons:
            self.people = self.people.after(event, self.now)

    def effect(self, event: Effect, cause: Cause) -> None:
        """Record something the policy brought about, with where it came from."""
        self.emit(because(event, self._why(cause)))

    def new_id(self, letter: str) -> str:
        """An id for what the next event makes: unique, the same whenever the decision is made
        again.
        """
        return f"{self.state.code}-{letter}{self.state.sequence + 1}"

    def _why(self, cause: Cause) -> Why:
        return Why(
            case_id=self.case_id if cause.of_case else None,
            step=cause.step,
            reason=f"{cause.reason}; policy {self.pack.label}",
            policy=self.pack.id,
            policy_version=self.pack.version,
        )

    @property
    def case_id(self) -> str | None:
        """The running case, if any."""
        return self.state.case.case_id if self.state.case else None

    @property
    def is_paused(self) -> bool:
        """Whether anything pauses the account now."""
        return bool(pause_reasons(self.state, self.today, self.pack.minimum_overdue))

    def shown(self, amount: int) -> str:
        """An amount of the account as people write it, for reasons and alerts."""
        return money(amount, self.state.currency, "en")

    def at(self, day: date, clock: str) -> datetime:
        """The instant of a local time on a day."""
        return instant(day, clock, self.zone)

    @property
    def step_time(self) -> datetime:
        """Today's instant for steps."""
        return self.at(self.today, self.pack.step_time)
