"""The `arrears` command.

Command modules import what is heavy inside their functions, so that `arrears --help` answers at
once.
"""

import sys

import typer

from arrears.commands import scenario
from arrears.errors import UsageError

app = typer.Typer(
    name="arrears",
    help="Collects what is owed, by the creditor's own written policy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(scenario.app, name="scenario")


def main() -> None:
    """Run the command line; what a person can put right is one sentence and exit status 2."""
    try:
        app()
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
