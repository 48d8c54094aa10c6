"""Ports of this machine that nobody listens on."""

from arrears.live import listening
from chassis.settings import SERVICES, Settings


def on_free_ports(settings: Settings) -> Settings:
    """The same settings with a free port for each service."""
    ports = {f"{name}_port": 0 for name in SERVICES}
    with listening(settings.model_copy(update=ports), SERVICES) as sockets:
        taken = {f"{name}_port": one.getsockname()[1] for name, one in sockets.items()}
    return settings.model_copy(update=taken)
