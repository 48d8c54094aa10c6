"""`arrears scenario`: plays scenario files through the real services."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arrears.commands import running
from arrears.errors import FileError, UsageError

if TYPE_CHECKING:
    from arrears.scenario.model import ScenarioFile
    from arrears.scenario.report import Outcome

app = typer.Typer(help="Play scenario files.", no_args_is_help=True)


class BusName(StrEnum):
    EMBEDDED = "embedded"
    KAFKA = "kafka"


Files = Annotated[list[Path], typer.Argument(help="Scenario files.")]


@app.command()
def run(
    files: Files,
    bus: Annotated[BusName, typer.Option(help="What messages travel on.")] = BusName.EMBEDDED,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show the timelines always.")
    ] = False,
) -> None:
    """Play scenario files through the real services on a simulated clock, and compare."""
    from arrears.scenario.report import totals

    outcomes = running.run(_play_all(_read_all(files), bus, verbose=verbose))
    typer.echo(totals(outcomes))
    if not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(1)


@app.command()
def check(files: Files) -> None:
    """Read scenario files and say what is wrong in them, without playing them."""
    typer.echo(f"{len(_read_all(files))} read")


def _read_all(paths: list[Path]) -> "list[ScenarioFile]":
    from arrears.scenario.model import read_scenario

    read, faults = [], []
    for path in paths:
        try:
            read.append(read_scenario(path))
        except FileError as error:
            faults.append(str(error))
    if faults:
        raise UsageError("\n".join(faults))
    return read


async def _play_all(files: "list[ScenarioFile]", bus: BusName, *, verbose: bool) -> "list[Outcome]":
    from arrears.scenario.play import play
    from arrears.scenario.report import Outcome, lines
    from arrears.scenario.worlds import open_scenario_world
    from chassis.settings import Settings

    outcomes = []
    async with open_scenario_world(Settings(), bus.value) as world:
        for file in files:
            try:
                outcome = await play(world, file)
            except UsageError as error:
                outcome = Outcome(file, unplayable=str(error))
            outcomes.append(outcome)
            for line in lines(outcome, verbose=verbose):
                typer.echo(line)
    return outcomes
