"""When the debtor of a call or a visit may be reached, where they live by other clocks than the
creditor.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from contracts.words.streams import Subject
from services.dunning.api.dunning import Dunning
from services.dunning.policy.vocabulary import CONTACT_TASKS

Hours = Mapping[str, Mapping[str, str]]
"""By task."""


async def debtor_hours(dunning: Dunning, rows: Iterable[Mapping[str, Any]]) -> Hours:
    """The hours of the debtors of open calls and visits, in their own time zone."""
    asked = {
        row["task_id"]: Subject(row["creditor"], row["account"])
        for row in rows
        if row["account"] and row["state"] == "open" and row["kind"] in CONTACT_TASKS
    }
    found: dict[str, Mapping[str, str]] = {}
    keys = await dunning.service.keys(set(asked.values()))
    for task_id, subject in asked.items():
        profile = dunning.profile(subject, keys, await dunning.account(subject)) or {}
        zone = (profile.get("debtor") or {}).get("time_zone")
        if zone and zone != (await dunning.creditor(subject.creditor)).zone:
            limits = (await dunning.pack(subject.creditor)).contact
            found[task_id] = {"time_zone": zone, "from": limits.from_, "until": limits.until}
    return found
