"""`arrears contracts`: the messages, for others to read."""

from pathlib import Path
from typing import Annotated

import typer

from arrears.errors import UsageError

app = typer.Typer(help="Export what travels between the services.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Export what travels between the services."""


@app.command()
def export(
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to; the committed one when left out.")
    ] = None,
) -> None:
    """Write a JSON Schema per message and one AsyncAPI 3 document."""
    from contracts import export as contracts

    folder = out or contracts.HERE
    try:
        files = contracts.export(folder)
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from error
    typer.echo(f"{len(files)} files in {folder}")
