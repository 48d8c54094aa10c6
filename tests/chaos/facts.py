"""What came of a run, without the instants and ids that differ from run to run; and what of it
differs between two runs.

Read with SQL, from the providers' log and the outbox alone: nothing of the services takes part.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

from tests.faults.packed import unpacked

Facts = dict[str, Counter[tuple[Any, ...]]]
_COMPARED = {
    "balances": (
        "ledger.view_accounts",
        "creditor, account, currency, principal, overdue, prepaid, oldest_due_on",
    ),
    "open items": (
        "ledger.view_open_items",
        "creditor, account, item_id, item, amount, principal, due_on, overdue",
    ),
    "cases": (
        "dunning.view_cases",
        """creditor, account, state, policy, policy_version, opened_on, oldest_due_on, closed_on,
        paused_for, last_step, last_step_on, classified""",
    ),
    "tasks": (
        "dunning.view_tasks",
        "creditor, account, kind, owner, step, requested_on, state, result",
    ),
    "notices": (
        "notifier.view_notices",
        "creditor, account, purpose, channel, step, state, reason, result",
    ),
    "matters": (
        "legal.view_matters",
        "creditor, account, stage, opened_on, documents, closed_reason",
    ),
}
"""Where to look, the service's name first, and for what."""
_STEPS = "select stream, data from dunning.events where type = 'StepTaken'"
_PARKED = (
    "select '{s}' as service, source, error, reason from {s}.dead_letters where state = 'parked'"
)
_SENT = """
select notice_id, state, channel, creditor, account, purpose, step from notifier.view_notices"""


class Sent(NamedTuple):
    """A notice as the notifier knows it, and how often it reached a provider or a file."""

    notice: str
    state: str
    channel: str
    about: tuple[str, ...]
    times: int


async def facts(connections: "Mapping[str, asyncpg.Connection]") -> Facts:
    found: Facts = {}
    for what, (place, columns) in _COMPARED.items():
        service = place.partition(".")[0]
        rows = await connections[service].fetch(f"select {columns} from {place}")  # noqa: S608
        found[what] = Counter(tuple(row) for row in rows)
    steps = await connections["dunning"].fetch(_STEPS)
    read = [(stream, json.loads(unpacked(data))) for stream, data in steps]
    found["steps"] = Counter((stream, said["step"], said["on"]) for stream, said in read)
    found["set aside"] = Counter()
    for service, connection in connections.items():
        rows = await connection.fetch(_PARKED.format(s=service))
        found["set aside"].update(tuple(row) for row in rows)
    return found


async def sent(connection: "asyncpg.Connection", log: Path, outbox: Path) -> list[Sent]:
    """Every notice with its sends; what a provider took that no store knows has no state."""
    taken: Counter[str] = Counter()
    for line in map(json.loads, log.read_text().splitlines()):
        if line["what"] == "accepted":
            taken[line["key"]] += 1
    taken.update(path.name.partition(".")[0] for path in outbox.rglob("*") if path.is_file())
    found = [
        Sent(id_, state, channel, tuple(map(str, about)), taken.pop(id_, 0))
        for id_, state, channel, *about in await connection.fetch(_SENT)
    ]
    return found + [Sent(id_, "", "", (), times) for id_, times in taken.items()]


def sends(notices: Iterable[Sent]) -> Counter[tuple[Any, ...]]:
    """Those that reached somebody, to be compared like other facts."""
    found: Counter[tuple[Any, ...]] = Counter()
    for one in notices:
        found[*one.about, one.channel] += one.times
    return +found


def wrongly_sent(notices: Iterable[Sent]) -> list[str]:
    """What was sent and is not known as sent, or not sent exactly once and is."""
    return [
        f"{one.notice} {one.about} by {one.channel or '?'} is {one.state or 'unknown'} "
        f"and was sent {one.times} times"
        for one in notices
        if one.times != (one.state == "sent")
    ]


def differences(calm: Facts, chaos: Facts) -> dict[str, list[str]]:
    """What one run has and the other has not, by what it is about."""
    return {
        what: [f"only undisturbed: {fact}" for fact in _only(calm, chaos, what)]
        + [f"only in chaos: {fact}" for fact in _only(chaos, calm, what)]
        for what in calm | chaos
    }


def _only(mine: Facts, other: Facts, what: str) -> list[str]:
    left = mine.get(what, Counter()) - other.get(what, Counter())
    return sorted(str(fact) for fact in left.elements())
