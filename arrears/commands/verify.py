"""`arrears verify`: whether what the stores have is what was written."""

from pathlib import Path
from typing import Annotated, Literal

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
Anew = Annotated[
    bool,
    typer.Option(
        "--anew",
        help="Begin from the start, and forget what was seen before: after a restore, a move of "
        "lanes, or a damage that was looked into.",
    ),
]


def verify(services: Services = None, place: PlaceFile = None, anew: Anew = False) -> None:
    """Compare events and access records with their chains, states with their events; exit status 1
    where one was changed.

    Reads the databases of the settings, while services run. When it is cut off, call it again: it
    goes on where it was.
    """
    run_verification("all", services, place, anew=anew)


def run_verification(
    what: Literal["all", "records"],
    services: list[str] | None,
    place: Path | None,
    *,
    anew: bool,
) -> None:
    """Do a verification, say what it finds, and end with status 1 where that is anything."""
    from arrears.verification import Verification
    from chassis.clock import WallClock
    from chassis.settings import Settings

    def wrong(said: str) -> None:
        typer.echo(f"damage: {said}", err=True)

    settings = Settings()
    verification = Verification(
        settings,
        running.services(services),
        place or settings.data_dir / "verified.json",
        typer.echo,
        wrong,
        WallClock().now(),
        anew,
    )
    faults = running.run(verification.all() if what == "all" else verification.records())
    if faults:
        typer.echo(f"{faults} damages found", err=True)
        raise typer.Exit(1)
    typer.echo("nothing was changed")
