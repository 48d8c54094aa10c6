"""The run: hostile events and requests between the traffic of another creditor, then the checks."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from chassis.bus.base import Outgoing
from tests.hostile import accounting, growth, probes, valid
from tests.hostile.asking import Answers, Asking
from tests.hostile.events import VICTIM, VILLAIN, HostileEvents, Sent
from tests.hostile.requests import INVENTED, HostileRequests
from tests.hostile.world import LANES, World, open_world

_SHOWN = 8
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much of what, from which seed, on which bus; `broker` is a Kafka that runs already, and
    each of the ten phases takes `days`.
    """

    seed: int
    events: int
    requests: int
    bus: str = "embedded"
    broker: str | None = None
    days: int = 4


@dataclass
class Outcome:
    """What was sent, what came of it, and everything that should not have been, by kind."""

    plan: Plan
    sent: list[Sent] = field(default_factory=list)
    answers: Answers = field(default_factory=Answers)
    effects: dict[str, list[Any]] = field(default_factory=dict)
    found: dict[str, list[str]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    @property
    def faults(self) -> dict[str, list[str]]:
        """What should not have been."""
        return {name: each for name, each in self.found.items() if each}

    def table(self) -> list[str]:
        """The figures of the run, and the first faults of each kind."""
        kinds = Counter(one.kind for one in self.sent)
        statuses = sorted(self.answers.statuses.items())
        lines = [
            f"bus {self.plan.bus}, seed {self.plan.seed}",
            f"events {len(self.sent)}: " + ", ".join(f"{k} {n}" for k, n in kinds.most_common()),
            f"requests {self.answers.count} to {len(self.answers.operations)} operations: "
            + ", ".join(f"{status or 'not sent'} × {n}" for status, n in statuses),
            *self.lines,
            *(f"{name}: {len(each)}" for name, each in self.found.items()),
        ]
        for name, each in self.faults.items():
            lines += [f"  {name}: {one}" for one in each[:_SHOWN]]
        return lines


async def run(plan: Plan, expected: dict[str, list[Any]] | None, say: Say) -> Outcome:
    """Play it and judge; `expected` are the effects of the valid traffic alone."""
    outcome = Outcome(plan)
    with tempfile.TemporaryDirectory(prefix="arrears-") as name:
        async with open_world(Path(name), plan.bus, plan.broker) as world:
            await _play(world, outcome, say)
            if expected is not None:
                await _judge(world, outcome, expected)
    return outcome


async def alone(say: Say, days: int = 4) -> dict[str, list[Any]]:
    """The effects of the valid traffic when nobody else is there."""
    return (await run(Plan(0, 0, 0, days=days), None, say)).effects


async def _play(world: World, outcome: Outcome, say: Say) -> None:
    plan = outcome.plan
    for creditor in (VICTIM, VILLAIN):
        await valid.set_up(world, creditor)
        body = {"source": f"{creditor}/billing", "reason": "its billing system"}
        await world.call("ledger", "POST", f"/v1/creditors/{creditor}/sources", creditor, body)
    await world.simulation().settle()
    rng = Random(plan.seed)
    events = HostileEvents(rng, LANES)
    documents: dict[str, Any] = {
        name: one.app.openapi() for name, one in world.stack.services.items()
    }
    requests, asking = HostileRequests(rng, documents, events), Asking(world, outcome.answers)
    half = growth.size(world)
    for phase in range(valid.PHASES):
        hostile = [events.next() for _ in range(_share(plan.events, phase))]
        count = outcome.answers.count
        asked = [requests.next(count + n) for n in range(_share(plan.requests, phase))]
        outcome.sent += hostile
        try:
            await _phase(world, phase, hostile, partial(asking.ask, asked))
            await world.pass_days(plan.days)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may come to a stop
            outcome.found["services stopped"] = [f"phase {phase + 1}: {error!r}"]
            break
        if phase == valid.PHASES // 2:
            half = growth.size(world)
        say(f"phase {phase + 1} of {valid.PHASES}")
    outcome.effects = await valid.effects(world)
    _note(outcome, half, growth.size(world))


async def _phase(
    world: World, phase: int, hostile: list[Sent], ask: Callable[[], Awaitable[None]]
) -> None:
    """The valid events between the hostile ones, and the requests while the services work."""
    valid_ones = valid.outgoing(world, phase)
    await _publish(world, hostile[::2])
    await valid.tell(world, valid_ones)
    await _publish(world, hostile[1::2])
    await asyncio.gather(ask(), world.simulation().settle())
    await world.simulation().settle()


def _note(outcome: Outcome, half: growth.Size, end: growth.Size) -> None:
    shown = ", ".join(f"{name} {len(rows)}" for name, rows in outcome.effects.items())
    outcome.lines += [f"effects of the valid traffic: {shown}", growth.told(half, end)]
    grown = growth.faults(half, end, outcome.plan.requests, INVENTED)
    outcome.found["memory or metrics grown"] = grown


async def _publish(world: World, hostile: list[Sent]) -> None:
    await world.stack.bus.publish(
        [Outgoing(one.topic, one.lane, one.key, one.value, one.headers) for one in hostile]
    )


def _share(total: int, phase: int) -> int:
    return total * (phase + 1) // valid.PHASES - total * phase // valid.PHASES


async def _judge(world: World, outcome: Outcome, expected: dict[str, list[Any]]) -> None:
    found, answers = outcome.found, outcome.answers
    found["answers 5xx"] = answers.failed
    found["undocumented answers"] = answers.undocumented
    found["requests without an answer"] = answers.unanswered
    accounts, records = await accounting.accounts(world)
    outcome.lines += [f"records on the bus {records}", *accounting.summary(accounts)]
    found["records unaccounted for"] = [each for one in accounts for each in one.lost]
    found["set aside for a fault of ours"] = await accounting.own_faults(world)
    lost, erased = await accounting.missing(world, outcome.sent, answers.accepted)
    outcome.lines.append(f"taken off the bus by erasures {erased}")
    found["sent and not on the bus"] = lost
    found["valid events without effect"] = _different(expected, outcome.effects)
    found["lanes stopped"] = await probes.still(world)


def _different(expected: dict[str, list[Any]], seen: dict[str, list[Any]]) -> list[str]:
    found = []
    for name, rows in expected.items():
        left, more = Counter(rows), Counter(seen[name])
        found += [f"{name} lacks {row}" for row in (left - more).elements()]
        found += [f"{name} has {row}" for row in (more - left).elements()]
    return found
