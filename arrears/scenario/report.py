"""What a person reads when a scenario was played."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from arrears.scenario.compare import Failure, describe
from arrears.scenario.model import ScenarioFile
from arrears.scenario.seen import Seen


@dataclass(frozen=True)
class Outcome:
    """A played file: what happened and what was not as it says; `unplayable` says where and why its
    policy could not be used.
    """

    file: ScenarioFile
    seen: Sequence[Seen] = ()
    failures: Sequence[Failure] = field(default=())
    unplayable: str | None = None

    @property
    def passed(self) -> bool:
        return not self.failures and self.unplayable is None


def lines(outcome: Outcome, *, verbose: bool = False) -> Iterator[str]:
    """Return the report on one file: the verdict, then per day what failed and what happened on it,
    then the whole timeline of every account that is concerned.
    """
    file = outcome.file
    yield f"{'pass' if outcome.passed else 'FAIL'}  {file.path}  {file.scenario.title}"
    if outcome.unplayable is not None:
        yield f"  {outcome.unplayable}"
        return
    for day, failures in groupby(sorted(outcome.failures, key=_day), key=_day):
        for failure in failures:
            place = f"{file.path}:{failure.line}" if failure.line else str(file.path)
            yield f"  {place}: {day}: {failure.message}"
        yield from _that_day(outcome, day)
    concerned = {failure.account for failure in outcome.failures if failure.account}
    for account in file_accounts(outcome) if verbose else sorted(concerned):
        yield from _timeline(outcome, account)
    if verbose or any(failure.account is None for failure in outcome.failures):
        yield from _timeline(outcome, None)


def file_accounts(outcome: Outcome) -> list[str]:
    """The accounts the file gives and those that something happened to."""
    given = [account.id for account in outcome.file.scenario.given.accounts]
    met = [effect.account for effect in outcome.seen if effect.account]
    return list(dict.fromkeys([*given, *met]))


def totals(outcomes: Sequence[Outcome]) -> str:
    """The last line: how many files passed and failed."""
    passed = sum(outcome.passed for outcome in outcomes)
    return f"{passed} passed, {len(outcomes) - passed} failed"


def _day(failure: Failure) -> date:
    return failure.day


def _that_day(outcome: Outcome, day: date) -> Iterator[str]:
    on_day = [effect for effect in outcome.seen if effect.day == day]
    if not on_day:
        yield f"    on {day} nothing happened"
        return
    yield f"    on {day} this happened:"
    for effect in on_day:
        yield f"      {_line(effect)}"


def _timeline(outcome: Outcome, account: str | None) -> Iterator[str]:
    effects = [effect for effect in outcome.seen if effect.account == account]
    yield f"  timeline of {account or 'the creditor as a whole'}:"
    for effect in effects:
        yield f"    {effect.day} {_line(effect)}"
    if not effects:
        yield "    (empty)"


def _line(effect: Seen) -> str:
    detail = f"  # {effect.detail}" if effect.detail else ""
    return f"{effect.at:%H:%M} {describe(effect.kind, effect.fields)}{detail}"
