"""`arrears roles`: SQL that gives each service a role of its own."""

from typing import Annotated

import typer


def roles(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            help="Some of ledger, dunning, notifier, legal, and bus for the embedded bus; the four "
            "services when left out."
        ),
    ] = None,
    owners: Annotated[
        bool,
        typer.Option(
            "--owners",
            help="Two roles for each service: arrears_ledger_owner owns the schema and is for "
            "`arrears migrate` and its like; arrears_ledger serves, and changes no event.",
        ),
    ] = False,
) -> None:
    """Print SQL for a role per service that owns its schema alone; it may be run again.

    A superuser runs it in the database that holds the schemas: arrears roles | psql URL. Passwords
    are given by hand, with ALTER ROLE arrears_ledger PASSWORD and so on.
    """
    from arrears.databases import BUS
    from arrears.roles import statements
    from chassis.settings import SERVICES, service_named

    named = dict.fromkeys(services or SERVICES)
    names = [name if name == BUS else service_named(name) for name in named]
    typer.echo(statements(names, SERVICES if owners else ()), nl=False)
