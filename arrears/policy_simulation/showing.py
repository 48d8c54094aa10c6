"""Prints figures side by side."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.table import Table

from arrears.policy_simulation.figures import Figures, Prices
from contracts.words.formats import number

_GROUPS: tuple[tuple[str, Callable[[Figures], Counter[str]]], ...] = (
    ("notices", lambda figures: figures.notices),
    ("tasks", lambda figures: figures.tasks),
    ("restrictions", lambda figures: figures.restrictions),
    ("legal", lambda figures: figures.legal),
)


def show(
    console: Console, columns: Sequence[tuple[str, Figures]], prices: Prices, title: str
) -> None:
    """Print a table: one row for each figure, one column for each policy."""
    console.print(title)
    table = Table("")
    for name, _ in columns:
        table.add_column(name, justify="right")
    for cells in rows([figures for _, figures in columns], prices):
        table.add_row(*cells)
    console.print(table)


def rows(columns: Sequence[Figures], prices: Prices) -> Iterator[tuple[str, ...]]:
    """The rows: a name, then each column's figure."""
    yield ("cases opened", *(str(figures.cases) for figures in columns))
    for group, counts in _GROUPS:
        names = sorted({name for figures in columns for name in counts(figures)})
        for name in names:
            yield (f"{group}: {name}", *(str(counts(figures)[name]) for figures in columns))
        totals = (str(sum(counts(figures).values())) for figures in columns)
        yield (f"{group}, all", *totals)
    yield (
        "cases contacted",
        *(str(len(figures.days_to_first_contact)) for figures in columns),
    )
    yield ("days to first contact, median", *(figures.median_days for figures in columns))
    costs = (number(figures.cost(prices), prices.currency) for figures in columns)
    yield (f"cost ({prices.currency})", *costs)
