"""`arrears serve`: some of the services as a process of their own."""

from typing import Annotated

import typer


def serve(
    services: Annotated[
        list[str],
        typer.Argument(help="One or more of ledger, dunning, notifier, legal."),
    ],
) -> None:
    """Run one or more services as a process of their own until Ctrl-C or SIGTERM.

    Databases, bus and ports are those of the settings (ARREARS_LEDGER_DATABASE_URL, ARREARS_BUS and
    so on). The same service may run in several processes. Their schemas must be this version's:
    `arrears migrate` sees to that.
    """
    from arrears.commands import running
    from chassis.settings import Settings, service_named

    names = [service_named(name) for name in dict.fromkeys(services)]
    running.serve(Settings(), names, migrate=False)
