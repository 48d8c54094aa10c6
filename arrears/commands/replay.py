"""`arrears replay`: rebuilds what is derived from a service's events."""

from typing import TYPE_CHECKING, Annotated

import typer

from arrears.commands import running

if TYPE_CHECKING:
    from chassis.settings import ServiceName
    from chassis.store.rebuild import Rebuilt


def replay(
    service: Annotated[str, typer.Argument(help="ledger, dunning, notifier or legal.")],
) -> None:
    """Rebuild a service's states and views from its events, beside the live ones, and swap.

    Works on the service's own store, that in ./data (or ARREARS_DATABASE_URL and its like),
    whether services run or not.
    """
    from chassis.settings import service_named

    name = service_named(service)
    _tell(name, running.run(_rebuild(name)))


def _tell(name: str, rebuilt: "Rebuilt") -> None:
    typer.echo(f"{name}: {rebuilt.events} events, {rebuilt.streams} streams rebuilt")
    if rebuilt.different:
        typer.echo(f"changed by it: {', '.join(rebuilt.different)}")
    else:
        typer.echo("nothing came out different")


async def _rebuild(name: "ServiceName") -> "Rebuilt":
    from rich.progress import Progress

    from arrears.stack import open_stack
    from chassis.settings import Settings

    async with open_stack(Settings(), [name], migrate=False) as stack:
        with Progress() as bar:
            task = bar.add_task(f"replaying {name}", total=None)
            return await stack.services[name].rebuild(
                lambda done, total: bar.update(task, completed=done, total=total)
            )
