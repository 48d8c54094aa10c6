"""The running case, its tasks, approvals and restrictions."""

from datetime import date, datetime

from msgspec import Struct

from services.dunning.reasons import values as r


class PolicyRef(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pack as a case pins it: version, the figures an operator changed (as text), and the hash of
    the pack's text.
    """

    policy: str
    version: int
    parameters: dict[str, str] = {}
    content_hash: str = ""

    @property
    def label(self) -> str:
        """How a reason names it: `county-hospital v1`."""
        return f"{self.policy} v{self.version}"


class Judgment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a court awarded (None when no sum was told) and the principal of each item past due
    then, which is what pays it.
    """

    amount: int | None = None
    items: dict[str, int] = {}


class OpenTask(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A task asked for and not yet completed."""

    task_id: str
    kind: str
    owner: str
    requested_on: date
    case_id: str | None = None
    step: str | None = None


class ReportedTask(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A task of the case that was completed, with the result last recorded."""

    task_id: str
    kind: str
    owner: str
    result: str | None = None
    case_id: str | None = None


class Planned(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a place of the pack (`step` or reaction, and `path`) is to do at the step time of a day;
    `left` counts the times to come, this one included, None is until the case closes.
    """

    planned_id: str
    step: str
    path: tuple[int, ...]
    reason: r.Reason
    on: date
    every_days: int = 0
    left: int | None = 1
    case_id: str | None = None


class Restriction(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A service withheld since a day."""

    service: str
    since: date
    case_id: str | None = None


class Approval(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An approval asked for and not yet decided; `step` or `reaction` and `path` say which actions
    follow.
    """

    approval_id: str
    for_: str
    by_role: str
    case_id: str | None = None
    step: str | None = None
    path: tuple[int, ...] = ()
    is_step: bool = False
    holds_steps: bool = False
    amount: int | None = None
    period: str | None = None


class WaitingContact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A contact that a frequency limit holds back; `path` finds its action in the pack."""

    contact: str
    path: tuple[int, ...]
    step: str
    reason: r.Reason
    channel: str | None = None
    follows: tuple[str, ...] = ()


class NoticeAsked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A notice of the case: what asked for it, the reactions that led there (`follows`), and what
    became of it, empty while nobody said.
    """

    purpose: str
    on: date
    step: str | None = None
    follows: tuple[str, ...] = ()
    fate: str = ""


class ResultTold(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A result of a kind of task: when it was last told, and how often."""

    at: datetime
    times: int = 1


class TasksDone(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the case's tasks of a kind: when the latest was completed or told of again,
    how many were completed, and each result told.
    """

    at: datetime
    times: int = 0
    results: dict[str, ResultTold] = {}


class Case(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The running dunning case.

    `last_step_on` is the day the latest step used up, `base_on` the day from which "then k days"
    counts. `asking` is the step or reaction whose decision the steps wait for, `granted` the
    approval whose action a pause holds back. `asked` are the latest notices by id, `sent` and
    `delivered` the purposes of those that went out and arrived; `in_hand` are purposes by id of
    notices asked for before `asked` was kept. `unreachable` says that this was told,
    `referred_on` since when the case is with somebody else. `done` and `reported` are by kind of
    task: what became of all of them, and the latest. `decided` holds when an approval was last
    decided, by what it was for and by its outcome; `progress` when a legal stage was last recorded,
    `judgment` what the latest one is about, `contacts` the days of the latest contacts, `repeated`
    the day on which the series of a step or reaction last came up.
    """

    case_id: str
    policy: PolicyRef
    opened_on: date
    first_step_on: date
    taken: dict[str, date] = {}
    dropped: tuple[str, ...] = ()
    last_step_on: date | None = None
    base_on: date | None = None
    asking: str | None = None
    granted: Approval | None = None
    paused: tuple[r.Pause, ...] = ()
    replied: bool = False
    disputed: bool = False
    sent: tuple[str, ...] = ()
    in_hand: dict[str, str] = {}
    referred: tuple[str, ...] = ()
    classified: str | None = None
    done: dict[str, TasksDone] = {}
    decided: dict[str, dict[str, datetime]] = {}
    reported: dict[str, ReportedTask] = {}
    progress: dict[str, date] = {}
    judgment: Judgment | None = None
    contacts: tuple[date, ...] = ()
    calls: tuple[date, ...] = ()
    waiting: tuple[WaitingContact, ...] = ()
    repeated: dict[str, date] = {}
    asked: dict[str, NoticeAsked] = {}
    delivered: tuple[str, ...] = ()
    unreachable: bool = False
    referred_on: date | None = None
