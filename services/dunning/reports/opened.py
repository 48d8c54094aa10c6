"""What a report shows of people, opened for whoever may read it and never stored with it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.store.vault import Field, KeyRing
from contracts.words.streams import Subject


@dataclass(frozen=True)
class Opened:
    """The sealed profiles of a creditor's accounts, and the keys of those that may be opened."""

    creditor: str
    keys: KeyRing
    profiles: Mapping[str, bytes] = field(default_factory=dict)

    def profile(self, account: str) -> Mapping[str, Any]:
        """What upstream told of an account; empty when nothing was or the debtor was erased."""
        found = self.text(account, self.profiles.get(account, b""), "profile")
        return found if isinstance(found, dict) else {}

    def text(self, account: str, sealed: bytes, field: Field) -> Any:
        """Something sealed under an account's key; None when it does not open."""
        return self.keys.open(Subject(self.creditor, account), sealed, field)


def with_names(values: Mapping[str, Any], opened: Opened) -> dict[str, Any]:
    """Put the debtor's name beside the account of every row that has one, and the number that
    people call the account where upstream told one.
    """
    named: dict[str, Any] = {}
    for key, value in values.items():
        named[key] = with_names(value, opened) if isinstance(value, Mapping) else value
        if key == "account" and isinstance(value, str):
            profile = opened.profile(value)
            named["name"] = _name(profile)
            if number := profile.get("number"):
                named["number"] = number
    return named


def _name(profile: Mapping[str, Any]) -> str | None:
    debtor = profile.get("debtor")
    name = debtor.get("name") if isinstance(debtor, dict) else None
    return name if isinstance(name, str) else None


def with_collectors(values: dict[str, Any], opened: Opened) -> dict[str, Any]:
    """Say who earned each line, and sum the lines up by collector and month."""
    lines = {}
    collectors: dict[str, dict[str, int]] = defaultdict(
        lambda: {"month_before": 0, "this_month": 0}
    )
    for key, line in values.get("lines", {}).items():
        who = opened.text(line["account"], bytes.fromhex(line["collected_by"]), "collector")
        lines[key] = {**line, "collected_by": who}
        collectors[str(who or "unknown")][line["month"]] += line["amount"]
    return {**values, "collectors": dict(collectors), "lines": lines}
