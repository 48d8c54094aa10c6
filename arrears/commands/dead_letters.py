"""`arrears dead-letters`: what could not be processed, on the running system."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arrears.commands import running
from arrears.errors import UsageError

if TYPE_CHECKING:
    from arrears.apis import Apis
    from chassis.settings import ServiceName

app = typer.Typer(help="List, show and retry what could not be processed.", no_args_is_help=True)

Service = Annotated[str, typer.Option(help="ledger, dunning, notifier or legal.")]
Letter = Annotated[int, typer.Argument(help="The number that `list` shows.")]


@app.command("list")
def list_letters(
    service: Annotated[str | None, typer.Option(help="One service; all when left out.")] = None,
    state: Annotated[
        str, typer.Option(help="parked, resolved, erased, or all of them: all.")
    ] = "parked",
) -> None:
    """List dead letters with the reason each was parked for."""
    running.run(_list(service, None if state == "all" else state))


@app.command()
def show(letter: Letter, service: Service) -> None:
    """Show one dead letter with its original text."""
    running.run(_show(service, letter))


@app.command()
def retry(letter: Letter, service: Service) -> None:
    """Handle one dead letter again."""
    running.run(_retry(service, letter))


async def _list(only: str | None, state: str | None) -> None:
    from arrears import apis
    from chassis.settings import SERVICES, Settings, service_named

    names = SERVICES if only is None else (service_named(only),)
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
    letter.pop("original", None)
    for field, value in letter.items():
        typer.echo(f"{field}: {value}")
    typer.echo(text or "(the original is gone: its debtor was erased)")


async def _retry(service: str, number: int) -> None:
    from arrears import apis
    from chassis.settings import Settings, service_named

    name = service_named(service)
    async with apis.running(Settings()) as system:
        answer = await system.post(name, f"/v1/dead-letters/{number}/retry", None)
        if answer["resolved"]:
            typer.echo(f"{number} is resolved")
            return
        letter = await system.get(name, f"/v1/dead-letters/{number}")
    raise UsageError(f"{number} was refused again: {letter['reason']}")
