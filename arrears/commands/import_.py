"""`arrears import`: a billing export, one row per invoice, becomes billing messages."""

import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arrears.commands import running
from arrears.errors import UsageError

if TYPE_CHECKING:
    from arrears.billing_import.events import Happening
    from arrears.billing_import.mapping import ImportMap
    from arrears.billing_import.rows import Row

_ATTEMPTS = 20


def import_(
    file: Annotated[Path, typer.Argument(help="The export: CSV, one row per invoice.")],
    map_: Annotated[Path, typer.Option("--map", help="Says which column means what.")],
    out: Annotated[
        Path | None, typer.Option(help="Write the messages here, one JSON object per line.")
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Send the messages to the running system.")
    ] = False,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Play them on a simulated clock to this day."),
    ] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="With --until: how many items were overdue, how late.")
    ] = False,
) -> None:
    """Read a billing export into billing messages; says per row what it refused and why.

    The messages go to standard output, or where --out, --publish or --until send them. The exit
    status is 1 when a row was refused, 2 when nothing could be taken.
    """
    from arrears.billing_import.mapping import read_map
    from arrears.billing_import.rows import read_export

    if sum((out is not None, publish, until is not None)) > 1:
        raise UsageError("--out, --publish and --until exclude each other")
    if summary and until is None:
        raise UsageError("--summary goes with --until")
    mapping = read_map(map_)
    export = read_export(file, mapping)
    for refusal in export.refusals:
        typer.echo(f"{file}: {refusal}", err=True)
    if until is not None:
        _play(export.rows, mapping, until.date(), summary=summary)
    elif publish:
        _publish(export.rows, mapping)
    else:
        _write(export.rows, mapping, out)
    typer.echo(f"{len(export.rows)} rows taken, {len(export.refusals)} refused", err=True)
    typer.echo(export.lines, err=True)
    if export.refusals and not export.rows:
        raise UsageError(f"{file}: no row could be taken")
    if export.refusals:
        raise typer.Exit(1)


def _write(rows: "Sequence[Row]", mapping: "ImportMap", out: Path | None) -> None:
    import orjson

    from arrears.billing_import.events import happenings

    played = happenings(rows, mapping)
    content = b"".join(orjson.dumps(h.event) + b"\n" for h in played if h.event)
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        try:
            out.write_bytes(content)
        except OSError as error:
            raise UsageError(f"{out}: {error.strerror}") from error
    _tell_disputes(sum(bool(h.disputes) for h in played))


def _tell_disputes(count: int) -> None:
    if count:
        typer.echo(
            f"{count} invoices are disputed: that is recorded by operators and not a billing "
            "message, so it is not written; --publish and --until record it",
            err=True,
        )


def _publish(rows: "Sequence[Row]", mapping: "ImportMap") -> None:
    from arrears.billing_import.events import happenings

    refused = running.run(_publish_all(happenings(rows, mapping), mapping))
    for reason in refused:
        typer.echo(reason, err=True)
    if refused:
        raise UsageError(f"the system refused {len(refused)} messages")


async def _publish_all(played: "Sequence[Happening]", mapping: "ImportMap") -> list[str]:
    from rich.console import Console
    from rich.progress import Progress

    from arrears import apis
    from arrears.billing_import.play import in_batches, open_disputes, send_messages
    from chassis.settings import Settings

    refused: list[str] = []
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("publishing", total=len(played))
        async with apis.running(Settings()) as system:
            for part in in_batches(played):
                refused += await send_messages(system, part)
                refused += await open_disputes(system, mapping.creditor, part, _ATTEMPTS)
                bar.advance(task, len(part))
    return refused


def _play(rows: "Sequence[Row]", mapping: "ImportMap", until: date, *, summary: bool) -> None:
    from arrears.billing_import.play import play

    result = running.run(play(rows, mapping, until))
    for reason in result.refused:
        typer.echo(reason, err=True)
    typer.echo(f"played to {until}: {result.items} items, {result.events} messages")
    if summary:
        late = result.days_late
        typer.echo(f"items ever overdue: {len(late)}")
        typer.echo(f"days late: median {result.median}, max {max(late, default=0)}")
        typer.echo(f"still overdue on {until}: {result.still_overdue}")
        if result.disputed:
            typer.echo(
                f"disputed: {result.disputed}; {result.disputed_paid_late} of them were open past"
                " their due date, but what is disputed is not overdue: not counted above"
            )
