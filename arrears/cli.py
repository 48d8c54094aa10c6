"""The `arrears` command.

Command modules import what is heavy inside their functions, so that `arrears --help` answers at
once.
"""

import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer

from arrears.commands import (
    access,
    contracts,
    creditor,
    dead_letters,
    erasure,
    events,
    evidence,
    keys,
    lanes,
    policy,
    posting,
    proposals,
    scenario,
    subject,
    template,
)
from arrears.commands.backup import backup, restore
from arrears.commands.demo import demo
from arrears.commands.import_ import import_
from arrears.commands.kafka import kafka
from arrears.commands.migrate import migrate
from arrears.commands.partitions import partitions
from arrears.commands.policy_simulate import simulate
from arrears.commands.publish import publish
from arrears.commands.replay import replay
from arrears.commands.roles import roles
from arrears.commands.serve import serve
from arrears.commands.token import token
from arrears.commands.up import up
from arrears.commands.verify import verify
from arrears.errors import UsageError
from chassis.private import be_private

app = typer.Typer(
    name="arrears",
    help="Collects what is owed, by the creditor's own written policy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("arrears"))
        raise typer.Exit


@app.callback()
def _whole(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_say_version, help="Say which version this is."
        ),
    ] = False,
) -> None:
    pass


app.command()(up)
app.command()(serve)
app.command()(migrate)
app.command()(demo)
app.command()(publish)
app.command(name="import")(import_)
app.add_typer(scenario.app, name="scenario")
policy.app.command()(simulate)
app.add_typer(policy.app, name="policy")
app.add_typer(evidence.app, name="evidence")
app.add_typer(posting.app, name="posting")
app.add_typer(template.app, name="template")
app.add_typer(creditor.app, name="creditor")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(proposals.app, name="proposals")
app.add_typer(erasure.app, name="erasure")
app.add_typer(subject.app, name="subject")
app.add_typer(events.app, name="events")
app.add_typer(access.app, name="access")
app.add_typer(contracts.app, name="contracts")
app.command()(roles)
app.command()(partitions)
app.add_typer(keys.app, name="keys")
app.add_typer(lanes.app, name="lanes")
app.command()(replay)
app.command()(backup)
app.command()(restore)
app.command()(verify)
app.command()(token)
app.command()(kafka)


def main() -> None:
    """Run the command line; what a person can put right is one sentence and exit status 2, or 1
    where a schema is not this version's.
    """
    be_private()
    try:
        app()
    except Exception as error:
        said = _for_people(error)
        if said is None:
            raise
        sys.stderr.write(f"{said}\n")
        sys.exit(1 if _is_schema(error) else 2)


def _is_schema(error: Exception) -> bool:
    from chassis.errors import WrongSchema

    return isinstance(error, WrongSchema)


def _for_people(error: Exception) -> str | None:
    """The sentence that says all; a fault of our own has none and keeps its traceback."""
    if isinstance(error, UsageError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    from pydantic import ValidationError

    from chassis.errors import ArrearsError, BrokenInvariant

    if isinstance(error, ValidationError) and error.title.endswith("Settings"):
        return _settings_refused(error)
    is_ours = isinstance(error, ArrearsError) and not isinstance(error, BrokenInvariant)
    return str(error) if is_ours else None


def _settings_refused(error: Any) -> str:
    """What pydantic says of each, by the name of its variable; never what it was, which may be a
    secret.
    """
    service = error.title.removesuffix("Settings").upper()
    prefix = "ARREARS_" + (f"{service}_" if service else "")
    return "\n".join(
        f"{prefix}{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors()
    )
