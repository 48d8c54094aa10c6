"""What really happened in a played scenario."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Seen:
    """One effect: `at` is local to the creditor, `fields` have the scenario format's names."""

    kind: str
    at: datetime
    fields: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    detail: str = ""

    @property
    def day(self) -> date:
        """The local day it happened on."""
        return self.at.date()

    @property
    def account(self) -> str | None:
        """The account it concerns; None when it concerns the creditor as a whole."""
        account: str | None = self.fields.get("account")
        return account


class World(Protocol):
    """Where the effects of a played scenario are looked up."""

    async def effects(self) -> list[Seen]:
        """Return everything that happened, of every kind that happens, oldest first."""
        ...

    async def standing(self, kind: str, wanted: Mapping[str, Any], day: date) -> dict[str, Any]:
        """Return how a balance, a prepayment, a case or a report stands at the end of a day."""
        ...
