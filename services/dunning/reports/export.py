"""Reports as files: amounts with the currency's decimals, days as days.

A report's records (mappings of plain values) become rows: those of the report's own part in a CSV
file, every part on a sheet of its own in a workbook, beside a summary of what stands alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from chassis.sheets import Money, Table, for_spreadsheets, workbook

MONEY = frozenset({"amount", "principal", "late_fee", "total"})
"""Fields that are amounts in every report."""
_CURRENCY = "currency"
_DAYS = frozenset({"as_of", "on", "from", "until"})
_SUMMARY = "summary"


class Shown(NamedTuple):
    """How a report's fields are shown: the currency of its amounts, and which fields they are."""

    currency: str
    money: frozenset[str] = MONEY

    def cell(self, field: str, value: Any) -> Any:
        """A value as the cell it is: an amount, a day, or what it was."""
        if field in self.money and isinstance(value, int) and not isinstance(value, bool):
            return Money(value, self.currency)
        if isinstance(value, str) and (field in _DAYS or field.endswith("_on")):
            return date.fromisoformat(value)
        return value


def tables(values: Mapping[str, Any], shown: Shown) -> list[Table]:
    """The summary of a report, then its parts."""
    single: list[tuple[Any, ...]] = []
    parts: list[Table] = []
    for name, value in values.items():
        if not isinstance(value, Mapping):
            single.append((name, shown.cell(name, value)))
        elif _is_record(value):
            single += [
                (f"{name}.{field}", shown.cell(field, each)) for field, each in value.items()
            ]
        else:
            parts.append(_part(name, value, shown))
    return [_named(Table(_SUMMARY, ("name", "value"), tuple(single))), *parts]


def as_csv(values: Mapping[str, Any], rows: str, shown: Shown) -> bytes:
    """The part of a report named `rows`, its summary where there is none."""
    found = tables(values, shown)
    table = next((each for each in found if rows and each.name == rows), found[0])
    return for_spreadsheets(table)


def as_xlsx(values: Mapping[str, Any], shown: Shown) -> bytes:
    """A workbook with a sheet for the summary and one for each part."""
    return workbook(tables(values, shown))


def _is_record(value: Any) -> bool:
    return isinstance(value, Mapping) and not any(isinstance(v, Mapping) for v in value.values())


def _part(name: str, value: Mapping[str, Any], shown: Shown) -> Table:
    records = list(_records(value, ()))
    fields = list(dict.fromkeys(field for _, record in records for field in record))
    rows = tuple(
        (".".join(path), *(shown.cell(field, record.get(field)) for field in fields))
        for path, record in records
    )
    return _named(Table(name, ("key", *fields), rows))


def _named(table: Table) -> Table:
    """The table with the currency of its amounts in a column of its own, where it has any."""
    currencies = [_currency_of(row) for row in table.rows]
    if not any(currencies):
        return table
    rows = tuple((*row, named) for row, named in zip(table.rows, currencies, strict=True))
    return Table(table.name, (*table.columns, _CURRENCY), rows)


def _currency_of(row: Iterable[Any]) -> str | None:
    return next((cell.currency for cell in row if isinstance(cell, Money)), None)


def _records(
    value: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    for key, each in value.items():
        if _is_record(each):
            yield (*path, key), each
        elif isinstance(each, Mapping):
            yield from _records(each, (*path, key))
