"""`arrears contracts`: the messages and the APIs, for others to read."""

from pathlib import Path
from typing import Annotated, Any

import typer

from arrears.errors import UsageError

app = typer.Typer(help="Export the messages and the APIs.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Export the messages and the APIs."""


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


@app.command()
def events(
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("docs/events.md"),
) -> None:
    """Write who says which message, and who handles it where."""
    from arrears.message_map import message_map

    try:
        out.write_text(message_map(), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from error
    typer.echo(f"{out}")


@app.command()
def openapi(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(),
) -> None:
    """Write the OpenAPI documents of the four services: openapi-ledger.json and so on."""
    import asyncio
    import json
    import tempfile

    from arrears.world import one_lane, open_world
    from chassis.logging import configure
    from chassis.settings import Settings

    async def documents(folder: Path) -> dict[str, Any]:
        # A service's routes know their store: a scratch one stands in.
        async with open_world(one_lane(Settings()), folder) as world:
            return {name: one.app.openapi() for name, one in world.stack.services.items()}

    configure("arrears", "error")
    with tempfile.TemporaryDirectory() as scratch:
        made = asyncio.run(documents(Path(scratch)))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, document in made.items():
            text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
            (out / f"openapi-{name}.json").write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from error
    typer.echo(f"{len(made)} files in {out}")
