"""`arrears up`: the four services live on this machine."""

from typing import Annotated

import typer


def up(
    kafka: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Use Kafka and not the embedded bus.")
    ] = None,
) -> None:
    """Run the four services on localhost until Ctrl-C; what was accepted is kept in ./data."""
    from arrears.commands import running
    from chassis.settings import SERVICES, Settings

    settings = Settings()
    if kafka is not None:
        settings = settings.model_copy(update={"bus": "kafka", "kafka_bootstrap": kafka})
    running.serve(settings, SERVICES)
