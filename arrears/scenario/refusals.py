"""Which refused inputs a scenario may show without failing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from arrears.apis import Refused
from arrears.scenario.inputs import Apply, Decide, TaskDone, When
from arrears.scenario.seen import Seen
from chassis.errors import ArrearsError

_CONFLICT = 409


@dataclass(frozen=True)
class Refusal:
    """An input at `index` of the file that a service refused `at` a local instant."""

    index: int
    entry: When
    at: datetime
    error: Exception

    def seen(self) -> Seen:
        """The refusal as a line of the timeline."""
        fields = {"account": getattr(self.entry.what, "account", None)}
        return Seen(f"{self.entry.kind}_refused", self.at, fields, detail=str(self.error))


def is_shown(refusal: Refusal, earlier: Sequence[When], effects: Sequence[Seen]) -> bool:
    """Whether the refusal is what the policy asks for, and no mistake of the file.

    Who asks may not approve; and what has lapsed or was withdrawn when the case closed can neither
    be decided nor completed any more.
    """
    match refusal.error:
        case Refused(status=status):
            if status != _CONFLICT:
                return False
        case ArrearsError():
            pass
        case _:
            return False
    match refusal.entry.what:
        case Decide() as decided:
            return _asks_and_approves(decided, earlier) or _was_asked(refusal, decided, effects)
        case TaskDone() as done:
            wanted = {"account": done.account, "kind": done.kind}
            return _was_there(refusal, "task", wanted, effects)
    return False


def _asks_and_approves(decided: Decide, earlier: Sequence[When]) -> bool:
    asked = [
        entry.what.by
        for entry in earlier
        if isinstance(entry.what, Apply)
        and (entry.what.account, entry.what.purpose) == (decided.account, decided.purpose)
    ]
    return decided.by is not None and asked[-1:] == [decided.by]


def _was_asked(refusal: Refusal, decided: Decide, effects: Sequence[Seen]) -> bool:
    wanted = {"account": decided.account, "for": decided.purpose}
    return _was_there(refusal, "approval", wanted, effects)


def _was_there(
    refusal: Refusal, kind: str, wanted: dict[str, str | None], effects: Sequence[Seen]
) -> bool:
    return any(
        effect.kind == kind
        and effect.at <= refusal.at
        and all(effect.fields.get(name) == value for name, value in wanted.items())
        for effect in effects
    )
