"""`arrears verify`: whether what the stores have is what was written."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from arrears.commands import running

Services = Annotated[
    list[str] | None,
    typer.Argument(help="Some of ledger, dunning, notifier, legal; all when left out."),
]
PlaceFile = Annotated[
    Path | None,
    typer.Option(
        "--place",
        help="File that keeps how far it is, and what it saw; absent: verified.json in the "
        "data folder. Kept where a database administrator cannot write, it shows an end of "
        "the chain that was taken away.",
    ),
]


def verify(services: Services = None, place: PlaceFile = None) -> None:
    """Compare events and access records with their chains, states with their events; exit status 1
    where one was changed.

    Reads the databases of the settings, while services run. When it is cut off, call it again: it
    goes on where it was.
    """
    from arrears.verification import verify

    run_verification(verify, services, place)


def run_verification(
    work: Callable[..., Coroutine[Any, Any, int]],
    services: list[str] | None,
    place: Path | None,
) -> None:
    """Do a verification, say what it finds, and end with status 1 where that is anything."""
    from chassis.settings import SERVICES, Settings, service_named

    settings = Settings()
    names = [service_named(name) for name in services] if services else SERVICES
    path = place or settings.data_dir / "verified.json"

    def wrong(said: str) -> None:
        typer.echo(f"damage: {said}", err=True)

    faults = running.run(work(settings, names, path, typer.echo, wrong))
    if faults:
        typer.echo(f"{faults} damages found", err=True)
        raise typer.Exit(1)
    typer.echo("nothing was changed")
