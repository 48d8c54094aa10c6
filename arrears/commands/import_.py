"""`arrears import`: exports of invoices and files of payments become billing messages."""

import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from arrears.commands import running
from arrears.errors import UsageError
from chassis.private import write_private

if TYPE_CHECKING:
    from arrears.billing_import.events import Happening
    from arrears.billing_import.intake import Intake
    from arrears.billing_import.known import Known
    from arrears.billing_import.mapping import ImportMap

_ATTEMPTS = 20


def import_(
    file: Annotated[
        Path,
        typer.Argument(help="Invoices, open items or payments in CSV, or a bank's camt or MT940."),
    ],
    map_: Annotated[
        Path, typer.Option("--map", help="Whose file it is, and which column means what.")
    ],
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
    known: Annotated[
        list[Path] | None,
        typer.Option(help="For payments: messages of earlier imports, to match them with."),
    ] = None,
    live: Annotated[
        bool,
        typer.Option("--live", help="Match payments with the running system, as --publish does."),
    ] = False,
    unmatched: Annotated[
        Path | None,
        typer.Option(help="Write payments nobody was found for here, to be filled in."),
    ] = None,
) -> None:
    """Read a file of a billing system, a cash desk or a bank into billing messages.

    The map says how a CSV file is read: as invoices (columns), or as payments (payments). camt.053,
    camt.054 and MT940 are known by what is in them. Says of each row or entry that was not taken
    why, and counts them all.

    The messages go to standard output, or where --out, --publish or --until send them. The exit
    status is 1 when something was refused or unmatched, 2 when nothing could be taken.
    """
    from arrears.billing_import.intake import write_unmatched
    from arrears.billing_import.mapping import read_map

    if sum((out is not None, publish, until is not None)) > 1:
        raise UsageError("--out, --publish and --until exclude each other")
    if summary and until is None:
        raise UsageError("--summary goes with --until")
    mapping = read_map(map_)
    earlier = [event for path in known or () for event in _messages(path, mapping)]
    intake = _take(file, mapping, earlier, live=live or publish)
    for sentence in intake.told:
        typer.echo(f"{file}: {sentence}", err=True)
    for sentence in intake.sums:
        typer.echo(sentence, err=True)
    if unmatched is not None:
        write_unmatched(unmatched, intake.unmatched, mapping.minor_digits)
    if until is not None:
        _play(intake, mapping, until.date(), earlier, summary=summary)
    elif publish:
        _publish(intake.happenings(mapping), mapping)
    else:
        _write(intake.happenings(mapping), out)
    if intake.refused and not intake.taken:
        raise UsageError(f"{file}: nothing could be taken")
    if intake.refused or intake.unmatched:
        raise typer.Exit(1)


def _messages(path: Path, mapping: "ImportMap") -> "list[Happening]":
    from arrears.billing_import.events import Happening
    from arrears.commands.publish import read_lines
    from contracts.codec import decode
    from contracts.errors import MalformedMessage, UnknownType

    lines, faults = read_lines(path)
    found = []
    for line, event in lines:
        try:
            message = decode(orjson.dumps(event))
        except (MalformedMessage, UnknownType) as error:
            faults.append((line, str(error)))
            continue
        if message.creditor == mapping.creditor:
            found.append(Happening(message.time, event, account=message.subject or ""))
    if faults:
        raise UsageError(f"{path}: line {faults[0][0]}: {faults[0][1]}")
    return found


def _take(
    file: Path, mapping: "ImportMap", earlier: "Sequence[Happening]", *, live: bool
) -> "Intake":
    from arrears.billing_import.intake import read_money, take_invoices, take_money
    from arrears.billing_import.known import Known

    money = read_money(file, mapping)
    if money is None:
        return take_invoices(file, mapping)
    known = Known(is_told=bool(earlier) or live)
    for happening in earlier:
        if happening.event is not None:
            known.learn(happening.event)
    if live:
        running.run(_ask(known, mapping))
    return take_money(money, known, mapping)


async def _ask(known: "Known", mapping: "ImportMap") -> None:
    from arrears import apis
    from arrears.billing_import.live import ask
    from chassis.settings import Settings

    async with apis.running(Settings()) as system:
        await ask(system, mapping.creditor, known)


def _write(played: "Sequence[Happening]", out: Path | None) -> None:
    content = b"".join(orjson.dumps(h.event) + b"\n" for h in played if h.event)
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        try:
            write_private(out, content)
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


def _publish(played: "Sequence[Happening]", mapping: "ImportMap") -> None:
    if not played:
        return
    refused = running.run(_publish_all(played, mapping))
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


def _play(
    intake: "Intake",
    mapping: "ImportMap",
    until: date,
    earlier: "Sequence[Happening]",
    *,
    summary: bool,
) -> None:
    from arrears.billing_import.play import play

    result = running.run(play(intake.rows, mapping, until, [*earlier, *intake.played]))
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
