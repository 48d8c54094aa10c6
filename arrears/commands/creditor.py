"""`arrears creditor`: what the running system keeps of a creditor as a whole."""

from typing import Annotated, Any

import typer

from arrears.commands import running

app = typer.Typer(help="Settings of a creditor on the running system.", no_args_is_help=True)
sources = typer.Typer(help="Who may publish billing messages for a creditor.", no_args_is_help=True)
app.add_typer(sources, name="sources")

Creditor = Annotated[str, typer.Argument(help="The creditor's id.")]
Source = Annotated[str, typer.Argument(help="The source, exactly as the messages say it.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept.")]


@sources.command("list")
def list_sources(creditor: Creditor) -> None:
    """List the sources of a creditor, and who changed them when and why."""
    running.run(_list(creditor))


@sources.command()
def add(creditor: Creditor, source: Source, reason: Reason) -> None:
    """Let a source publish for a creditor; from the first one on, all others are turned away."""
    running.run(_change(creditor, "", source, reason))


@sources.command()
def remove(creditor: Creditor, source: Source, reason: Reason) -> None:
    """Let a source no longer publish for a creditor; without any source, everybody may again."""
    running.run(_change(creditor, "/removal", source, reason))


async def _list(creditor: str) -> None:
    from arrears import apis
    from chassis.settings import Settings

    async with apis.running(Settings()) as system:
        _show(await system.get("ledger", _path(creditor)))


async def _change(creditor: str, door: str, source: str, reason: str) -> None:
    from arrears import apis
    from chassis.settings import Settings

    body = {"source": source, "reason": reason}
    async with apis.running(Settings()) as system:
        _show(await system.post("ledger", f"{_path(creditor)}{door}", body))


def _path(creditor: str) -> str:
    from urllib.parse import quote

    return f"/v1/creditors/{quote(creditor, safe='')}/sources"


def _show(known: dict[str, Any]) -> None:
    for change in known["changes"]:
        typer.echo(
            f"{change['at']} {change['source']} {change['change']} by {change['by']}: "
            f"{change['reason']}"
        )
    if known["enforced"]:
        typer.echo(f"{known['creditor']}: only {', '.join(known['sources'])} may publish")
    else:
        typer.echo(f"{known['creditor']}: every source may publish")
