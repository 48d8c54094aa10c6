"""`arrears migrate`: schemas brought to this version, or compared with it."""

from typing import Annotated

import typer

from arrears.commands import running


def migrate(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            help="Some of ledger, dunning, notifier, legal, and bus for the embedded bus; all of "
            "them when left out."
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Only compare; exit status 1 where one is not right."),
    ] = False,
) -> None:
    """Bring the schemas of services to this version, before `arrears serve` starts them.

    Instances of the version before may go on running meanwhile.
    """
    found = running.run(_migrate(services or [], only_compare=check))
    for right, said in found:
        typer.echo(said, err=not right)
    if not all(right for right, _ in found):
        raise typer.Exit(1)


async def _migrate(named: list[str], *, only_compare: bool) -> list[tuple[bool, str]]:
    from arrears import schemas
    from arrears.databases import BUS, open_databases
    from chassis.settings import SERVICES, Settings, service_named

    names = [service_named(name) for name in dict.fromkeys(named) if name != BUS]
    bus = not named or BUS in named
    async with open_databases(Settings(), names if named else SERVICES, bus=bus) as databases:
        if not only_compare:
            await schemas.migrate(databases)
        found = [one async for one in schemas.compared(databases)]
    if BUS in named and databases.bus is None:
        found.append((True, "bus: messages travel on Kafka, which has no schema"))
    return found
