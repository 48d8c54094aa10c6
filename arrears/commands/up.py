"""`arrears up`: the four services live on this machine."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from chassis.settings import Settings


def up(
    kafka: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Use Kafka and not the embedded bus.")
    ] = None,
) -> None:
    """Run the four services on localhost until Ctrl-C; what was accepted is kept in ./data."""
    import asyncio

    from arrears import live
    from chassis.logging import configure
    from chassis.settings import Settings

    settings = Settings()
    if kafka is not None:
        settings = settings.model_copy(update={"bus": "kafka", "kafka_bootstrap": kafka})
    configure("arrears", settings.log_level)
    asyncio.run(live.run(settings, _say_where))


def _say_where(settings: "Settings") -> None:
    from chassis.settings import SERVICES

    for name in SERVICES:
        url = f"http://{settings.host}:{settings.port(name)}"
        typer.echo(f"{name:9} {url}  (documentation: {url}/docs)")
    typer.echo(f"data in {settings.data_dir.absolute()}; Ctrl-C stops")
    typer.echo("`arrears token --role manager` prints a token for the APIs")
