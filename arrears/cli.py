"""The `arrears` command.

Command modules import what is heavy inside their functions, so that `arrears --help` answers at
once.
"""

import sys

import typer

from arrears.commands import policy, scenario
from arrears.commands.token import token
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
app.add_typer(policy.app, name="policy")
app.command()(token)


def main() -> None:
    """Run the command line; what a person can put right is one sentence and exit status 2."""
    try:
        app()
    except Exception as error:
        if not _is_for_people(error):
            raise
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


def _is_for_people(error: Exception) -> bool:
    """Whether the error's sentence says all; a fault of our own keeps its traceback."""
    if isinstance(error, UsageError):
        return True
    from chassis.errors import ArrearsError, BrokenInvariant

    return isinstance(error, ArrearsError) and not isinstance(error, BrokenInvariant)
