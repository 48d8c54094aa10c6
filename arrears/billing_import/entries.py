"""One movement of money as a bank or cash desk tells it, whichever file it came in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from arrears.billing_import.cells import FIRST_YEAR, LAST_YEAR, NUMBER_MAX


@dataclass(frozen=True)
class Said:
    """What an entry says of whose money it is, as it stands there.

    `account` and `invoices` are numbers given as such, `references` are structured creditor
    references, `texts` what a person wrote, in the lines the bank made of it, `payers` the other
    side's accounts at banks. `takes_back` names the payment a return takes back.
    """

    account: str = ""
    invoices: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    payers: tuple[str, ...] = ()
    takes_back: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """Money that came, or with `is_return` went back, on a day or at an instant.

    `where` names it in its file. `payment` is the identifier its payment has, the same in every
    import; `number` how people know it. `amount` is in minor units, above zero; `charges` are the
    bank's, above that.
    """

    where: str
    payment: str
    received: date | datetime
    amount: int
    said: Said = field(default_factory=Said)
    is_return: bool = False
    charges: int = 0
    method: str | None = None
    reason: str = ""
    number: str | None = None


@dataclass(frozen=True)
class Aside:
    """An entry that no message is made of, and why; `refused` where it should have been one."""

    where: str
    reason: str
    refused: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


@dataclass
class Statement:
    """What a file of payments holds: entries, those set aside, and sentences about the whole."""

    entries: list[Entry] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Unusable(Exception):
    """An entry that cannot be taken, and why."""


def minor_units(amount: Decimal, currency: str | None, wanted: str, decimals: int) -> int:
    """A bank's amount in minor units; raises Unusable for another currency or too many decimals."""
    if currency != wanted:
        raise Unusable(f"is in {currency or 'no currency that is told'}, not in {wanted}")
    minor = amount.scaleb(decimals)
    if not minor.is_finite() or minor != minor.to_integral_value():
        raise Unusable(f"has more decimals than {wanted} has")
    return int(minor)


def within_years(day: date) -> date:
    """The day itself; raises Unusable for one that cannot be meant."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Unusable(f"{day} is not within {FIRST_YEAR} to {LAST_YEAR}")
    return day


def as_number(text: str) -> str | None:
    """A bank's reference as the number of a payment, where it can be one."""
    return text if text and len(text) <= NUMBER_MAX and text.isprintable() else None


def without_repeats(entries: Sequence[Entry]) -> tuple[list[Entry], list[Aside]]:
    """The entries whose payment comes once; a second one may be the first told again."""
    first: dict[str, Entry] = {}
    asides = []
    for entry in entries:
        earlier = first.setdefault(entry.payment, entry)
        if earlier is not entry:
            reason = f"has the bank's reference of {earlier.where}"
            asides.append(Aside(entry.where, reason, refused=True))
    return list(first.values()), asides
