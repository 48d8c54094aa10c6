"""`arrears keys`: the key-encryption key, and changing it."""

from typing import Annotated

import typer

from arrears.commands import running

app = typer.Typer(
    help="The key-encryption key: which one wraps what, and changing it.",
    no_args_is_help=True,
)
Services = Annotated[
    list[str] | None, typer.Argument(help="Some of ledger, dunning, notifier, legal; else all.")
]
Also = Annotated[
    list[str] | None,
    typer.Option(
        metavar="DSN",
        envvar="ARREARS_KEYS_ALSO",
        help="Another database of a service whose lanes are in several, as postgresql://…; once "
        "for each, in the environment separated by spaces.",
    ),
]


@app.command()
def new() -> None:
    """Make a next key, as the file kek.next in the data folder."""
    from arrears.rotating_keys import make_next
    from chassis.settings import Settings

    settings = Settings()
    make_next(settings)
    typer.echo(f"{settings.kek_next_file}: give it to every instance, then `arrears keys rotate`")


@app.command()
def wrap() -> None:
    """Print the present key as ARREARS_KEK_SERVICE wraps it today, to be given in its place."""
    from chassis import kek
    from chassis.settings import Settings

    typer.echo(kek.wrapped_anew(Settings()))


@app.command("list")
def list_keys(services: Services = None, also: Also = None) -> None:
    """Say how many debtors' keys each key-encryption key wraps."""
    from arrears.rotating_keys import ids, listed
    from chassis.settings import Settings

    settings = Settings()
    for name, identity in ids(settings).items():
        typer.echo(f"{name}: {identity}")
    for one in running.run(listed(settings, running.services(services), also or ())):
        typer.echo(f"{one.service}: {one.number} by {one.id or 'a key that is not named'}")


@app.command()
def rotate(services: Services = None, also: Also = None) -> None:
    """Wrap every debtor's key with the next key-encryption key, while the services work on.

    Every instance must have been started with both keys. When it is cut off, call it again.
    """
    from arrears import rotating_keys
    from chassis.settings import Settings

    settings = Settings()
    done = running.run(rotating_keys.rotate(settings, running.services(services), also=also or ()))
    for service, number in done.items():
        typer.echo(f"{service}: {number} keys are wrapped with the next one")
    typer.echo(
        "the next key is the one now: start every instance with it alone, as ARREARS_KEK or the "
        "file kek, and keep the one before for as long as there are backups from before today"
    )
