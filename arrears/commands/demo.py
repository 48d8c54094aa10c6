"""`arrears demo`: six simulated months of the sample creditors."""

from pathlib import Path
from typing import Annotated

import typer

from arrears.commands import running


def demo(
    samples: Annotated[Path, typer.Option(help="Folder of sample events.")] = Path("samples"),
) -> None:
    """Play half a year of billing of twenty-one creditors and show what came of it."""
    from rich.console import Console

    from arrears.demo.run import run
    from chassis.settings import Settings

    running.run(run(samples, Settings().data_dir / "demo", Console()))
