"""`arrears subject`: what a debtor may ask for."""

import glob
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from arrears.commands import running
from arrears.errors import UsageError

app = typer.Typer(help="A debtor's own data, on request.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `export` a command of its own while it is the only one."""


@app.command()
def export(
    creditor: Annotated[str, typer.Option(help="Who keeps the data.")],
    account: Annotated[str, typer.Option(help="The debtor's account.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder to write into.")],
    language: Annotated[Literal["zh", "en"], typer.Option(help="Of the paper.")] = "zh",
) -> None:
    """Write everything the running services keep of an account, as JSON and as PDF.

    It is recorded as shown to whoever runs this, as every answer with personal data is.
    """
    copy, paper = running.run(_export(creditor, account, language))
    for path in _write(out, creditor, account, {"json": copy, "pdf": paper}):
        typer.echo(path)


def _write(out: Path, creditor: str, account: str, files: dict[str, bytes]) -> list[Path]:
    import os

    from chassis.documents.files import file_name
    from chassis.private import make_folder

    name = f"{file_name(creditor)}-{file_name(account)}"
    written = []
    try:
        make_folder(out)
        for suffix, content in files.items():
            path = out / f"{name}.{suffix}"
            _purge(path)
            beside = path.with_suffix(f".{suffix}.{os.getpid()}")
            beside.touch(mode=0o600)
            beside.write_bytes(content)
            beside.replace(path)  # never half a file, and never one that others may read
            written.append(path)
    except OSError as error:
        raise UsageError(f"{out}: {error.strerror}") from error
    return written


def _purge(path: Path) -> None:
    """Delete what processes that were killed left of it."""
    for left in path.parent.glob(f"{glob.escape(path.name)}.*"):
        if not Path(f"/proc/{left.suffix[1:]}").exists():
            left.unlink(missing_ok=True)


async def _export(creditor: str, account: str, language: str) -> tuple[bytes, bytes]:
    import orjson

    from arrears import apis
    from arrears.subject import gathering, paper
    from chassis.aside import aside
    from chassis.clock import WallClock
    from chassis.documents.typeset import typesetter
    from chassis.settings import Settings

    settings, now = Settings(), WallClock().now()
    async with apis.running(settings) as system:
        copy: dict[str, Any] = await gathering.gather(system, creditor, account, now)
    setter = typesetter(settings.fonts)
    made = await aside(paper.pdf, setter, copy, language, now)
    return orjson.dumps(copy, option=orjson.OPT_INDENT_2), made
