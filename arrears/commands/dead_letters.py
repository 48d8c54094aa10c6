"""`arrears dead-letters`: what could not be processed, on the running system."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arrears.commands import running
from arrears.errors import UsageError

if TYPE_CHECKING:
    from arrears.apis import Apis
    from chassis.settings import ServiceName

_NO_TEXT = "(no original: it is about an event, or its debtor was erased)"

app = typer.Typer(
    help="List, show, retry, edit and discard what could not be processed.", no_args_is_help=True
)

Service = Annotated[str, typer.Option(help="ledger, dunning, notifier or legal.")]
Letter = Annotated[int, typer.Argument(help="The number that `list` shows.")]

Why = Annotated[str, typer.Option(help="Why: it is kept with the letter.")]
By = Annotated[str, typer.Option(help="Who does it: it is kept with the letter.")]


@app.command("list")
def list_letters(
    service: Annotated[str | None, typer.Option(help="One service; all when left out.")] = None,
    state: Annotated[
        str, typer.Option(help="parked, resolved, discarded, erased, or all of them: all.")
    ] = "parked",
) -> None:
    """List dead letters with the reason each was parked for."""
    running.run(_list(service, None if state == "all" else state))


@app.command()
def show(letter: Letter, service: Service) -> None:
    """Show one dead letter with its original text."""
    running.run(_show(service, letter))


@app.command()
def retry(letter: Letter, service: Service, why: Why, by: By) -> None:
    """Handle one dead letter again."""
    running.run(_again(service, letter, "retry", by, {"reason": why}))


@app.command()
def edit(
    letter: Letter,
    service: Service,
    file: Annotated[Path, typer.Argument(help="The whole message, corrected, as JSON.")],
    why: Why,
    by: By,
) -> None:
    """Handle a corrected message in the place of the original, which is kept."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error
    running.run(_again(service, letter, "edit", by, {"reason": why, "text": text}))


@app.command()
def discard(letter: Letter, service: Service, why: Why, by: By) -> None:
    """Close one dead letter without an effect."""
    running.run(_discard(service, letter, by, why))


async def _list(only: str | None, state: str | None) -> None:
    from arrears import apis
    from chassis.settings import Settings

    names = running.services(None if only is None else [only])
    count = 0
    async with apis.running(Settings()) as system:
        for name in names:
            async for letter in _letters(system, name, state):
                typer.echo(_line(name, letter))
                count += 1
    typer.echo(f"{count} dead letters")


def _line(name: "ServiceName", letter: dict[str, Any]) -> str:
    """One line for each, whole: what it says is searched for, and copied from a terminal."""
    whose = f"{letter['creditor']}/{letter['account']}"
    what = letter["message_type"] or "of a type that cannot be read"
    which = f"id {letter['message_id']}" if letter["message_id"] else "without an id"
    return (
        f"{name} {letter['id']} {letter['state']}, {letter['at']}, {whose}: "
        f"{what}, {which}: {letter['reason']}"
    )


async def _letters(
    system: "Apis", name: "ServiceName", state: str | None
) -> AsyncIterator[dict[str, Any]]:
    after: int | None = 0
    while after is not None:
        page = await system.get(name, "/v1/dead-letters", after=after, state=state or "")
        for letter in page["items"]:
            yield letter
        after = page["next"]


async def _show(service: str, number: int) -> None:
    from arrears import apis
    from chassis.settings import Settings, service_named

    name = service_named(service)
    async with apis.running(Settings()) as system:
        letter = await system.get(name, f"/v1/dead-letters/{number}")
    text = letter.pop("text", None)
    actions = letter.pop("actions")
    letter.pop("original", None)
    for field, value in letter.items():
        typer.echo(f"{field}: {value}")
    for action in actions:
        for line in _told(action):
            typer.echo(line)
    typer.echo(text or _NO_TEXT)


def _told(action: dict[str, Any]) -> Iterator[str]:
    """What somebody did with a letter, in a line or two."""
    refused = f": {action['reason']}" if action["reason"] else ""
    why = action["why"] or "(erased)"
    yield f"{action['at']} {action['action']} by {action['who']}, because: {why}"
    yield f"  {action['outcome']}{refused}"
    if action["text"]:
        yield f"  with {action['text']}"


async def _again(service: str, number: int, what: str, by: str, body: dict[str, Any]) -> None:
    from arrears import apis
    from chassis.settings import Settings, service_named

    name = service_named(service)
    async with apis.running(Settings(), by) as system:
        answer = await system.post(name, f"/v1/dead-letters/{number}/{what}", body)
    if not answer["resolved"]:
        raise UsageError(f"{number} was refused again: {answer['reason']}")
    typer.echo(f"{number} is resolved")


async def _discard(service: str, number: int, by: str, why: str) -> None:
    from arrears import apis
    from chassis.settings import Settings, service_named

    name = service_named(service)
    async with apis.running(Settings(), by) as system:
        await system.post(name, f"/v1/dead-letters/{number}/discard", {"reason": why})
    typer.echo(f"{number} is discarded")
