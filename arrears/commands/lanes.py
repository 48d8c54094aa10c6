"""`arrears lanes`: in which of a service's databases its lanes are, and moving them."""

from typing import Annotated, Any

import typer

from arrears.commands import running

app = typer.Typer(
    help="Lanes of a service in several databases: list them, and move them.",
    no_args_is_help=True,
)
Service = Annotated[str, typer.Argument(help="The service; its lanes may be apart: ledger.")]


@app.command("list")
def list_lanes(service: Service) -> None:
    """Say of each lane whether it is in the database of the settings, and who works on it."""
    from arrears.moving_lanes import listed
    from chassis.settings import Settings, service_named

    found = running.run(listed(Settings(), service_named(service)))
    for one in found:
        typer.echo(f"lane {one.lane}: {_where(one)}")
    here = sum(one.elsewhere is None for one in found)
    typer.echo(f"{here} of {len(found)} lanes are here")


@app.command()
def move(
    service: Service,
    lanes: Annotated[str, typer.Option(help="Which: 3, or 4-7, or 0,2,4-7.")],
    to: Annotated[
        str,
        typer.Option(
            metavar="DSN",
            envvar="ARREARS_LANES_TO",
            help="The database they go to, as postgresql://…; one that was never used becomes one "
            "of the service.",
        ),
    ],
) -> None:
    """Carry lanes from the database of the settings to another one, while instances work on both.

    When it is cut off, call it again: it goes on where it was.
    """
    from arrears import moving_lanes
    from chassis.settings import Settings, service_named

    wanted = _numbers(lanes)
    running.run(moving_lanes.move(Settings(), service_named(service), wanted, to))
    typer.echo(f"{len(wanted)} lanes of {service} are in {moving_lanes.named(to)}")


def _where(one: Any) -> str:
    if one.elsewhere is None:
        return f"here, held by {one.owner}" if one.owner else "here, held by nobody"
    if one.is_leaving:
        return f"on its way to {one.elsewhere_at}: call `arrears lanes move` again if nobody does"
    return f"in {one.elsewhere_at}"


def _numbers(told: str) -> list[int]:
    found: set[int] = set()
    for part in told.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdecimal() or not (last or first).isdecimal():
            raise typer.BadParameter(f"{part!r} is no number and no range such as 4-7")
        found.update(range(int(first), int(last or first) + 1))
    return sorted(found)
