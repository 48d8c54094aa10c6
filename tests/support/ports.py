"""Ports of this machine that nobody listens on."""

from arrears.live import listening, watching
from chassis.settings import SERVICES, Settings


def on_free_ports(settings: Settings) -> Settings:
    """The same settings with free ports for each service."""
    apis, operations = "{}_port", "{}_operations_port"
    ports = {kind.format(name): 0 for name in SERVICES for kind in (apis, operations)}
    asked = settings.model_copy(update=ports)
    taken: dict[str, int] = {}
    with listening(asked, SERVICES) as sockets, watching(asked, SERVICES) as watched:
        for kind, found in ((apis, sockets), (operations, watched)):
            taken |= {kind.format(name): one.getsockname()[1] for name, one in found.items()}
    return settings.model_copy(update=taken)
