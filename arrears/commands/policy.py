"""`arrears policy`: looks into policy packs, those that ship and one's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arrears.errors import UsageError

if TYPE_CHECKING:
    from services.dunning.policy import Pack

app = typer.Typer(help="List, show, check and explain policy packs.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A pack's id, or the path of a pack file.")]


@app.command("list")
def list_packs() -> None:
    """List the packs that ship with Arrears, and what is wrong with those that cannot be used."""
    from rich.console import Console
    from rich.table import Table

    from services.dunning import policy

    table = Table("id", "version", "title", "for", "valid")
    wrong = [str(error) for error in policy.shipped().broken.values()]
    for pack in policy.available():
        title = f"{pack.title.zh} · {pack.title.en}"
        problems = policy.validate(pack)
        table.add_row(pack.id, str(pack.version), title, pack.for_, "no" if problems else "yes")
        wrong += map(str, problems)
    Console().print(table)
    if wrong:
        raise UsageError("\n".join(wrong))


@app.command()
def show(name: Name) -> None:
    """Print a pack as it is written."""
    from services.dunning.policy.load import SHIPPED

    path = Path(name)
    if not path.suffix:
        _pack(name)
        path = SHIPPED / f"{name}.yaml"
    try:
        typer.echo(path.read_text(encoding="utf-8"), nl=False)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(help="Pack files.")],
) -> None:
    """Check pack files; says file, line and field of everything wrong."""
    from services.dunning import policy

    said = []
    for path in files:
        try:
            said += [str(problem) for problem in policy.validate(policy.load(path))]
        except policy.PackError as error:
            said += [str(problem) for problem in error.problems]
    if said:
        raise UsageError("\n".join(said))
    typer.echo(f"{len(files)} valid")


@app.command()
def explain(
    name: Name,
    parameter: Annotated[
        list[str] | None, typer.Option("--set", help="A figure to change: name=value.")
    ] = None,
    diagram: Annotated[
        bool, typer.Option("--diagram", help="The flow as a Mermaid flowchart instead.")
    ] = False,
    figures: Annotated[
        bool, typer.Option("--figures", help="The figures and where each comes from instead.")
    ] = False,
    currency: Annotated[
        str, typer.Option("--currency", help="What amounts are shown in, by ISO 4217.")
    ] = "CNY",
) -> None:
    """Print a pack in words, each rule with its clause; or its flow, or its figures."""
    from arrears.billing_import.amounts import currency_known
    from services.dunning import policy

    if diagram and figures:
        raise UsageError("--diagram and --figures: one of them")
    pack = policy.with_parameters(_pack(name), dict(_assignment(p) for p in parameter or []))
    if not currency_known(currency.upper()):
        raise UsageError(f"--currency {currency}: is not a currency of ISO 4217, such as CNY")
    shown = policy.diagram if diagram else policy.figures if figures else policy.explain
    typer.echo(shown(pack, currency.upper()), nl=False)


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set {text}: is not name=value")
    return name, value


def _pack(name: str) -> "Pack":
    from services.dunning import policy

    return policy.load(name) if Path(name).suffix else policy.get(name)
