"""Plays scenarios, one after the other, in one simulated world."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from arrears.apis import Apis, Refused
from arrears.errors import UsageError
from arrears.scenario.compare import Failure, compare
from arrears.scenario.inputs import When
from arrears.scenario.model import ScenarioFile
from arrears.scenario.observed import Observed
from arrears.scenario.operator_inputs import Operators
from arrears.scenario.refusals import Refusal, is_shown
from arrears.scenario.report import Outcome
from arrears.scenario.seen import Seen
from arrears.scenario.upstream_events import Upstream
from arrears.upstream import send
from arrears.world import World
from chassis.errors import ArrearsError, BrokenInvariant

CURRENCY = "CNY"
_CREDITOR = "scenario"


async def play(world: World, file: ScenarioFile) -> Outcome:
    """Play one scenario in a world that is emptied first, and hold it against its file."""
    return await _Play(world, file).run()


class _Play:
    def __init__(self, world: World, file: ScenarioFile) -> None:
        self._world = world
        self._file = file
        self._zone = file.scenario.zone
        self._upstream = Upstream(_CREDITOR, CURRENCY)
        self._operators = Operators(world.apis, _CREDITOR)
        self._failures: list[Failure] = []
        self._refused: list[Refusal] = []

    async def run(self) -> Outcome:
        await self._world.begin(self._instant(self._file.scenario.begins_at))
        await _set_up(self._world.apis, self._file)
        try:
            await self._time_passes()
        except BrokenInvariant as error:
            day = self._world.clock.now().astimezone(self._zone).date()
            self._failures.append(Failure(f"the services stopped: {error}", day))
        return await self._outcome()

    async def _time_passes(self) -> None:
        scenario = self._file.scenario
        begins = self._instant(scenario.begins_at)
        inputs = [
            (begins, partial(self._accounts, begins)),
            *(
                (self._instant(entry.at), partial(self._input, index, entry))
                for index, entry in enumerate(scenario.when)
            ),
        ]
        await self._world.simulation().play(inputs, self._instant(scenario.ends_at))

    async def _accounts(self, at: datetime) -> None:
        accounts = self._file.scenario.given.accounts
        if accounts:
            await self._tell([self._upstream.account_event(each, at) for each in accounts])

    async def _input(self, index: int, entry: When) -> None:
        try:
            if self._upstream.tells(entry.kind):
                await self._tell([self._upstream.event(entry, self._instant(entry.at))])
            else:
                await self._operators.record(entry)
        except (UsageError, ArrearsError) as error:
            self._refused.append(Refusal(index, entry, self._instant(entry.at), error))

    def _instant(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self._zone)

    async def _tell(self, events: list[dict[str, Any]]) -> None:
        for _, reason in await send(self._world.apis, events):
            raise UsageError(reason)

    async def _outcome(self) -> Outcome:
        file = self._file
        observed = Observed(self._world.apis, _CREDITOR, self._zone, _accounts_of(file))
        effects = await observed.effects()
        shown = [refusal for refusal in self._refused if self._is_shown(refusal, effects)]
        told = [*effects, *(refusal.seen() for refusal in shown)]
        seen = sorted(told, key=lambda effect: effect.at)
        refused = [self._failure(refusal) for refusal in self._refused if refusal not in shown]
        letters = [failure async for failure in self._parked()]
        found = await compare(file, seen, observed)
        return Outcome(file, seen, [*refused, *self._failures, *letters, *found])

    def _is_shown(self, refusal: Refusal, effects: list[Seen]) -> bool:
        return is_shown(refusal, self._file.scenario.when[: refusal.index], effects)

    def _failure(self, refusal: Refusal) -> Failure:
        entry = refusal.entry
        line = self._file.input_line(refusal.index)
        account = getattr(entry.what, "account", None)
        message = f"{entry.kind} was refused: {refusal.error}"
        return Failure(message, entry.at.date(), line, account)

    async def _parked(self) -> Any:
        """What a service could not process is a failure, whatever the file expects."""
        for name in self._world.stack.services:
            page = await self._world.apis.get(name, "/v1/dead-letters")
            for letter in page["items"]:
                day = datetime.fromisoformat(letter["at"]).astimezone(self._zone).date()
                message = f"the {name} refused {letter['message_type']}: {letter['reason']}"
                yield Failure(message, day, account=letter["account"])


def _accounts_of(file: ScenarioFile) -> list[str]:
    given = [account.id for account in file.scenario.given.accounts]
    named = [getattr(entry.what, "account", None) for entry in file.scenario.when]
    new = [entry.what.id for entry in file.scenario.when if entry.kind == "account"]
    return list(dict.fromkeys([*given, *new, *(name for name in named if name)]))


async def _set_up(apis: Apis, file: ScenarioFile) -> None:
    scenario = file.scenario
    days = scenario.calendar
    body: dict[str, Any] = {
        "name": scenario.title[:200],
        "time_zone": scenario.time_zone,
        "currency": CURRENCY,
        "calendar": [str(day) for day in days] if isinstance(days, list) else days,
        "parameters": {name: _plain(value) for name, value in scenario.parameters.items()},
    }
    pack = _pack_file(file)
    if pack is None:
        body["policy"] = scenario.policy
    else:
        body["policy_document"] = pack.read_text(encoding="utf-8")
    try:
        await apis.call("dunning", "PUT", f"/v1/creditors/{_CREDITOR}", json=body)
    except Refused as error:
        field = "parameters" if "parameter" in error.reason else "policy"
        line = file.marked.line((field,))
        reason = error.reason.replace("policy_document:", f"{pack}:")
        raise UsageError(f"{file.path}:{line}: {field}: {reason}") from error


def _pack_file(file: ScenarioFile) -> Path | None:
    """The pack file beside the scenario that `policy` names, if it names one."""
    path = file.path.parent / file.scenario.policy
    if path.suffix not in {".yaml", ".yml"}:
        return None
    if not path.is_file():
        line = file.marked.line(("policy",))
        raise UsageError(f"{file.path}:{line}: policy: there is no file {path}")
    return path


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | str) else str(value)
