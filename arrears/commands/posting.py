"""`arrears posting`: registered letters and EMS on their way to the post and back."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from arrears.commands import running
from arrears.errors import UsageError

app = typer.Typer(
    help="Lists of registered letters and EMS for the post, and what it says of them.",
    no_args_is_help=True,
)

Creditor = Annotated[str, typer.Argument(help="The creditor's id.")]


@app.command("list")
def list_(
    creditor: Creditor,
    day: Annotated[
        datetime, typer.Argument(formats=["%Y-%m-%d"], help="The local day they went out on.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder to write into.")] = Path(),
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Write a day's posting lists: for each channel a CSV file to fill in, and a PDF of labels."""
    written = running.run(_list(creditor, day, out, language))
    for path, count in written:
        typer.echo(f"{path}: {count} letters")
    if not written:
        typer.echo("no registered letter and no EMS went out on that day")


@app.command("import")
def import_(
    creditor: Creditor,
    file: Annotated[Path, typer.Argument(help="A posting list that was filled in, as CSV.")],
) -> None:
    """Take the post's receipts, signatures and returns; the same file again changes nothing.

    Says of each line that was not taken why. The exit status is 1 then.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    told = running.run(_import(creditor, content))
    for one in told["refused"]:
        typer.echo(f"{file}: line {one['line']}: {one['reason']}", err=True)
    typer.echo(
        f"{told['news']} lines taken, {told['known']} known already, "
        f"{told['empty']} not answered yet, {len(told['refused'])} refused"
    )
    if told["refused"]:
        raise typer.Exit(1)


@app.command()
def slips(
    creditor: Creditor,
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder to write into.")] = Path(),
) -> None:
    """Write a notice with a slip to sign for each open task that serves one by hand."""
    written = running.run(_slips(creditor, out))
    for path in written:
        typer.echo(path)
    typer.echo(f"{len(written)} slips")


async def _slips(creditor: str, out: Path) -> list[Path]:
    from arrears import apis, posting
    from chassis.settings import Settings

    async with apis.running(Settings()) as system:
        return await posting.write_slips(system, creditor, out)


async def _list(creditor: str, day: datetime, out: Path, language: str) -> list[tuple[Path, int]]:
    from arrears import apis, posting
    from chassis.settings import Settings

    async with apis.running(Settings()) as system:
        return await posting.write_lists(system, creditor, day.date().isoformat(), out, language)


async def _import(creditor: str, content: bytes) -> dict[str, Any]:
    from arrears import apis, posting
    from chassis.settings import Settings

    async with apis.running(Settings()) as system:
        return await posting.send(system, creditor, content)
