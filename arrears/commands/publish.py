"""`arrears publish`: sends billing messages to the running system."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from arrears.commands import running
from arrears.errors import UsageError

Line = tuple[int, dict[str, Any]]


def publish(
    file: Annotated[Path, typer.Argument(help="One CloudEvent in JSON per line.")],
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Events per request.")] = 200,
) -> None:
    """Send billing messages to the ledger's POST /v1/events; says per line what was refused."""
    lines, faults = read_lines(file)
    refused = running.run(_publish(lines, batch))
    for line, reason in sorted([*faults, *refused]):
        typer.echo(f"{file}:{line}: {reason}", err=True)
    failed = len(faults) + len(refused)
    typer.echo(f"{len(lines) - len(refused)} accepted, {failed} refused")
    if failed:
        raise typer.Exit(1)


def read_lines(path: Path) -> tuple[list[Line], list[tuple[int, str]]]:
    """Return the events of a file with their lines, and the lines that are not JSON objects."""
    import orjson

    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    events: list[Line] = []
    faults = []
    for number, text in enumerate(content.splitlines(), start=1):
        if not text.strip():
            continue
        try:
            event = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            faults.append((number, f"is not JSON: {error}"))
            continue
        if isinstance(event, dict):
            events.append((number, event))
        else:
            faults.append((number, "is not a JSON object"))
    return events, faults


async def _publish(lines: list[Line], size: int) -> list[tuple[int, str]]:
    from rich.progress import Progress

    from arrears import apis
    from arrears.upstream import send
    from chassis.settings import Settings

    refused: list[tuple[int, str]] = []
    with Progress(transient=True) as bar:
        task = bar.add_task("publishing", total=len(lines))
        async with apis.running(Settings()) as system:
            for part in _parts(lines, size):
                numbers = [number for number, _ in part]
                answers = await send(system, [event for _, event in part])
                refused += [(numbers[place], reason) for place, reason in answers]
                bar.advance(task, len(part))
    return refused


def _parts(lines: list[Line], size: int) -> Iterator[list[Line]]:
    for start in range(0, len(lines), size):
        yield lines[start : start + size]
