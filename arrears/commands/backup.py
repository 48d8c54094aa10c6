"""`arrears backup` and `arrears restore`: all services as one folder, and back."""

from pathlib import Path
from typing import Annotated

import typer

from arrears.commands import running
from arrears.commands.running import Kafka


def backup(
    to: Annotated[Path, typer.Option(help="A new folder; it appears when it is whole.")],
    kafka: Kafka = None,
) -> None:
    """Back all services up, while they run or not.

    The key-encryption key (ARREARS_KEK, or the file kek) is not in the backup: keep it apart.
    """
    from arrears.backup.making import make, summary

    made = running.run(make(running.settings(kafka), to))
    typer.echo(f"backed up to {to}")
    for line in summary(made):
        typer.echo(line)


def restore(
    from_: Annotated[Path, typer.Option("--from", help="The folder of a backup.")],
    new_bus: Annotated[
        bool, typer.Option(help="The Kafka of the backup is lost too: begin on an empty one.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only look whether the backup is whole.")
    ] = False,
    erasures: Annotated[
        Path | None,
        typer.Option(help="A list of who was erased, beside the one of ARREARS_ERASURES_FILE."),
    ] = None,
    kafka: Kafka = None,
) -> None:
    """Restore all services to an empty database, before any of them is started.

    Who was erased after the backup is erased again. What people recorded after it, and what has to
    be looked at, is listed at the end.
    """
    from arrears.backup.checking import checked
    from arrears.backup.making import summary
    from arrears.backup.restoring import restore as bring_back
    from arrears.backup.todo import lines

    if check:
        for line in [f"{from_} is whole", *summary(checked(from_))]:
            typer.echo(line)
        return
    settings = running.settings(kafka)
    found = running.run(bring_back(settings, from_, new_bus=new_bus, erasures=erasures))
    report = settings.data_dir / f"restored-{found.manifest.at:%Y%m%dT%H%M%SZ}.txt"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text("\n".join(lines(found)) + "\n")
    for line in [f"restored from {from_}", *summary(found.manifest), *lines(found)]:
        typer.echo(line)
    typer.echo(f"this list is in {report}; the services may be started now")
