"""`arrears up`: the four services live on this machine."""

from arrears.commands import running
from arrears.commands.running import Kafka


def up(kafka: Kafka = None) -> None:
    """Run the four services on localhost until Ctrl-C; what was accepted is kept in ./data."""
    from chassis.settings import SERVICES

    running.serve(running.settings(kafka), SERVICES, migrate=True)
