"""What a policy did over a time, counted from what the services say, and what that costs."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

from arrears.marked_yaml import read_model

SHIPPED = Path(__file__).parent / "prices.yaml"
_CONTACTS = frozenset({"phone_call", "visit", "serve_notice"})
OTHER = "other"
PriceList = dict[str, NonNegativeInt]


class Prices(BaseModel):
    """A price list: what one of each costs, in minor units; `other` stands for what is not
    named.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    notices: PriceList = {}
    tasks: PriceList = {}
    restrictions: PriceList = {}
    legal: PriceList = {}


def read_prices(path: Path | None) -> Prices:
    """Read a price list, the shipped one when none is given; raises FileError with line and
    field.
    """
    return read_model(path or SHIPPED, Prices)[0]


@dataclass
class Figures:
    """Counts of one creditor, fed with messages; those of one topic come in their order."""

    creditor: str
    zone: ZoneInfo
    notices: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)
    restrictions: Counter[str] = field(default_factory=Counter)
    legal: Counter[str] = field(default_factory=Counter)
    cases: int = 0
    _due: dict[str, date] = field(default_factory=dict)
    _contacted: dict[str, date] = field(default_factory=dict)

    def hear(self, event: dict[str, Any]) -> None:
        """Take one message of dunning, the notifier or legal into account."""
        if event["creditor"] != self.creditor:
            return
        data = event["data"]
        match event["type"]:
            case "dunning.case.opened.v1":
                self.cases += 1
                self._due[data["case_id"]] = date.fromisoformat(data["oldest_due_on"])
            case "notifier.notice.sent.v1":
                self.notices[data["channel"]] += 1
                self._contact(data.get("case_id"), event["time"])
            case "dunning.task.requested.v1":
                self.tasks[data["kind"]] += 1
                if data["kind"] in _CONTACTS:
                    self._contact(data.get("case_id"), event["time"])
            case "dunning.restriction.requested.v1":
                self.restrictions[data["service"]] += 1
            case "legal.document.issued.v1":
                self.legal[data["document"]] += 1

    @property
    def days_to_first_contact(self) -> list[int]:
        """Per case that was contacted, from the due date of its oldest item, in days."""
        both = self._contacted.keys() & self._due.keys()
        return sorted((self._contacted[case] - self._due[case]).days for case in both)

    @property
    def median_days(self) -> str:
        """Their median, `-` when nobody was contacted."""
        days = self.days_to_first_contact
        return f"{median(days):g}" if days else "-"

    def cost(self, prices: Prices) -> int:
        """What all of it costs, in minor units."""
        counted = (
            (self.notices, prices.notices),
            (self.tasks, prices.tasks),
            (self.restrictions, prices.restrictions),
            (self.legal, prices.legal),
        )
        return sum(
            number * price.get(name, price.get(OTHER, 0))
            for counts, price in counted
            for name, number in counts.items()
        )

    def _contact(self, case_id: str | None, at: str) -> None:
        if case_id is not None:
            day = datetime.fromisoformat(at).astimezone(self.zone).date()
            self._contacted[case_id] = min(day, self._contacted.get(case_id, day))
