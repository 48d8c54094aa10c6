"""`arrears evidence`: a case's evidence as one file that a third party can prove."""

from pathlib import Path
from typing import Annotated

import typer

from arrears.commands import running
from arrears.errors import UsageError
from chassis.private import write_private

app = typer.Typer(help="Export a case's evidence, and prove an export.", no_args_is_help=True)


@app.command()
def export(
    creditor: Annotated[str, typer.Option(help="Whose case it is.")],
    case: Annotated[str, typer.Option(help="The case's id.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The ZIP file to write.")],
) -> None:
    """Gather a case's evidence from the running system into one ZIP file; prints its head.

    The head is the last link of the chain of hashes. Keep it apart from the file: with it,
    verify also finds a file whose whole chain was made anew.
    """
    data, head, count = running.run(_export(creditor, case))
    try:
        write_private(out, data)
    except OSError as error:
        raise UsageError(f"{out}: {error.strerror}") from error
    typer.echo(f"{out}: {count} entries")
    typer.echo(f"head {head}")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The exported ZIP file.")],
    head: Annotated[str | None, typer.Option(help="The head that the export printed.")] = None,
) -> None:
    """Prove an export without the system; names the first thing that was changed."""
    from arrears.evidence.verifying import BrokenBundle
    from arrears.evidence.verifying import verify as prove

    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    try:
        proven = prove(data, head)
    except BrokenBundle as error:
        raise UsageError(f"{file}: {error}") from error
    about = proven.about
    typer.echo(f"{file}: {proven.entries} entries, none altered, missing, added or moved")
    typer.echo(f"case {about['case_id']} of account {about['account']}, {about['creditor']}")
    typer.echo(f"head {proven.head}" + (" as expected" if head else ""))


async def _export(creditor: str, case: str) -> tuple[bytes, str, int]:
    from arrears import apis
    from chassis.settings import Settings
    from services.legal.evidence import bundle
    from services.legal.evidence.gathering import gather

    async with apis.running(Settings()) as system:
        entries, about = await gather(system, creditor, case)
    data, head = bundle.write(entries, about)
    return data, head, len(entries)
