"""`arrears policy explain`: words by default, the flow or the figures when asked for."""

from typer.testing import CliRunner

from arrears.cli import app
from tests.dunning.policy import mermaid


def explained(*options: str) -> str:
    result = CliRunner().invoke(app, ["policy", "explain", "mobile", *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_it_prints_the_pack_in_words() -> None:
    text = explained("--set", "restrict_day=9")
    assert text.startswith("Mobile telephone arrears · 移动欠费管理制度 (mobile v1)\n")
    assert "3. On day 9, provided that the case is not classified as “reasonable”," in text


def test_it_draws_the_flow() -> None:
    chart = mermaid.read(explained("--diagram", "--set", "restrict_day=9"))
    assert mermaid.Edge("step_voice_reminder", "step_bar_outgoing", "on day 9") in chart.edges


def test_it_lists_the_figures() -> None:
    assert "  * restrict_day = 9 days (default 8)" in explained("--figures", "--set=restrict_day=9")


def test_it_shows_one_thing_at_a_time() -> None:
    result = CliRunner().invoke(app, ["policy", "explain", "mobile", "--figures", "--diagram"])
    assert result.exit_code != 0


def test_it_shows_amounts_in_the_currency_asked_for() -> None:
    for option in ("--diagram", "--figures"):
        assert "EUR 500.00" in explained("--currency", "eur", option)
    assert "as soon as CNY 500.00 of principal is overdue" in explained()


def test_it_takes_no_currency_that_does_not_exist() -> None:
    result = CliRunner().invoke(app, ["policy", "explain", "mobile", "--currency", "XYZ"])
    assert result.exit_code != 0
