"""docs/scale.md says what `bench/scale.py` computes."""

from pathlib import Path

from bench.scale import SIZES, Inputs, bytes_a_year, needs, tables

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"


def test_the_page_has_the_table_of_these_inputs() -> None:
    assert tables(Inputs()) in PAGE.read_text(encoding="utf-8")


def test_a_life_a_year_leaves_what_was_measured() -> None:
    given = Inputs(events_a_month=10 / 12, overdue_a_month=1 / 12)
    services = "ledger", "dunning", "notifier", "legal"
    assert round(sum(bytes_a_year(given, one) for one in services)) == 36_619


def test_what_grows_with_the_accounts_is_ten_times_as_much() -> None:
    one, ten, _ = (needs(Inputs(), size) for size in SIZES)
    assert round(ten.gb_kept / one.gb_kept) == 10
    assert round(ten.events_a_second / one.events_a_second) == 10
