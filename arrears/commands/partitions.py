"""`arrears partitions`: more partitions for topics that hold messages."""

from typing import Annotated

import typer

from arrears.commands import running


def partitions(
    number: Annotated[int, typer.Argument(min=2, max=1024, help="How many there are to be.")],
    although_waiting: Annotated[
        bool,
        typer.Option(
            "--although-waiting",
            help="Do so although messages wait; later ones of the same account may overtake them.",
        ),
    ] = False,
) -> None:
    """Give every topic and store more partitions, while all services are stopped.

    Accounts stay in the lanes they are in. Start the services with ARREARS_PARTITIONS at the new
    number afterwards. Safe to repeat.
    """
    from arrears.growing import grow
    from chassis.settings import Settings

    done = running.run(grow(Settings(), number, although_waiting=although_waiting))
    typer.echo(
        f"{done.before} partitions were, {done.partitions} are; the new ones were told "
        f"{done.told} messages about creditors"
    )
    typer.echo(f"now start the services with ARREARS_PARTITIONS={done.partitions}")
