"""`arrears scenario`: plays scenario files through the real services."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Play scenario files.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Play scenario files."""


@app.command()
def check(files: Annotated[list[Path], typer.Argument(help="Scenario files.")]) -> None:
    """Read scenario files and say what is wrong in them, without playing them."""
    from arrears.errors import FileError, UsageError
    from arrears.scenario.model import read_scenario

    faults = []
    for path in files:
        try:
            read_scenario(path)
        except FileError as error:
            faults.append(str(error))
    if faults:
        raise UsageError("\n".join(faults))
    typer.echo(f"{len(files)} read")
