"""Plays recorded events under a policy, in a world of its own that is thrown away afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from arrears.billing import Event
from arrears.listening import Listener
from arrears.policy_simulation.figures import Figures
from arrears.policy_simulation.people import record
from arrears.policy_simulation.recorded import Recorded, instant
from arrears.simulation import Action
from arrears.temporary import temporary_folder
from arrears.upstream import send
from arrears.world import World, one_lane, open_world
from chassis.settings import Settings
from services.dunning.policy import Pack
from services.dunning.policy.timing import AfterFact, AfterTask

_TOPICS = ("dunning", "notifier", "legal")
_BATCH_MAX = 500
_WORKING_HOUR = time(17)
DONE = "done"


async def play(recorded: Recorded, creditor: str, packs: Sequence["Candidate"]) -> list[Figures]:
    """Play the events under one policy after the other; nothing leaves the scratch store, and its
    folder, outbox included, is gone when this returns.
    """
    with temporary_folder() as folder:
        async with open_world(one_lane(Settings()), folder) as world:
            return [await _Run(world, recorded, creditor, one).figures() for one in packs]


class Candidate:
    """A policy to play: how dunning's API is told of it, and the pack as it is read."""

    def __init__(self, pack: Pack, set_up: Mapping[str, Any], days_to_do: int) -> None:
        self.pack = pack
        self.set_up = set_up
        self.days_to_do = days_to_do

    def result_of(self, kind: str) -> str:
        """The result with which people are taken to end a task: the first that a step waits for."""
        tracks = [step for track in self.pack.tracks for step in track.steps]
        for step in (*self.pack.steps, *tracks):
            match step.when:
                case AfterFact(after=AfterTask(task=task, results=(first, *_))) if task == kind:
                    return first
                case _:
                    pass
        return DONE


class _Run:
    def __init__(
        self, world: World, recorded: Recorded, creditor: str, candidate: Candidate
    ) -> None:
        self._world, self._recorded = world, recorded
        self._creditor, self._candidate = creditor, candidate
        self._figures = Figures(creditor, recorded.span.zone)

    async def figures(self) -> Figures:
        span = self._recorded.span
        await self._world.begin(self._recorded.begins - timedelta(hours=1))
        listener = Listener(self._world.bus, _TOPICS)
        await listener.begin()
        path = f"/v1/creditors/{self._creditor}"
        await self._world.apis.call("dunning", "PUT", path, json=dict(self._candidate.set_up))
        end = span.ends - timedelta(microseconds=1)
        await self._world.simulation().play(self._inputs(), end)
        async for event in listener.messages():
            if span.holds(event):
                self._figures.hear(event)
        return self._figures

    def _inputs(self) -> Iterator[tuple[datetime, Action]]:
        """The events and facts at their instants, and every afternoon what people do."""
        recorded = self._recorded
        first = recorded.begins.astimezone(recorded.span.zone).date()
        afternoons = (
            datetime.combine(first + timedelta(days=n), _WORKING_HOUR, recorded.span.zone)
            for n in range((recorded.span.last - first).days + 1)
        )
        inputs: list[tuple[datetime, Action]] = [(at, self._people_work) for at in afternoons]
        for at, together in groupby(recorded.events, key=instant):
            batch = list(together)
            for start in range(0, len(batch), _BATCH_MAX):
                part = batch[start : start + _BATCH_MAX]
                inputs.append((at, partial(self._deliver, part)))
        inputs += [
            (instant(fact), partial(record, self._world.apis, self._creditor, fact))
            for fact in recorded.facts
        ]
        return iter(sorted(inputs, key=lambda one: one[0]))

    async def _deliver(self, batch: Sequence[Event]) -> None:
        # What the ledger refuses now it refused then.
        await send(self._world.apis, batch)

    async def _people_work(self) -> None:
        """Tasks are done after some days, approvals granted the same day."""
        apis, creditor = self._world.apis, self._creditor
        until = self._world.clock.now() - timedelta(days=self._candidate.days_to_do)
        tasks = [t async for t in apis.pages("dunning", "/v1/tasks", creditor=creditor, limit=500)]
        for task in tasks:
            asked = datetime.fromisoformat(task["requested_at"])
            if task["state"] == "open" and asked.date() <= until.date():
                result = self._candidate.result_of(task["kind"])
                path = f"/v1/tasks/{task['task_id']}/completion"
                await apis.post("dunning", path, {"result": result}, creditor=creditor)
        pages = apis.pages("dunning", "/v1/decisions", creditor=creditor, limit=500)
        for asked_for in [one async for one in pages]:
            if asked_for["what"] != "approval":
                continue
            account = asked_for["account"]
            whole = f"/v1/creditors/{creditor}/decisions"
            path = f"/v1/accounts/{account}/decisions" if account else whole
            body = {"purpose": asked_for["purpose"], "outcome": "approved"}
            await apis.post("dunning", path, body, creditor=creditor)
