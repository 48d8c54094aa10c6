"""`arrears template`: a creditor's own texts of notices, from the file to the approval."""

from pathlib import Path
from typing import Annotated, Any

import typer

from arrears.commands import running
from arrears.errors import UsageError

app = typer.Typer(
    help="Check, preview, propose and approve a creditor's own texts of notices.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="A text: `zh/demand.sms.j2`.")]
Creditor = Annotated[str, typer.Argument(help="The creditor's id.")]
Language = Annotated[
    str | None, typer.Option(help="zh or en; left out: as the file's folder is called.")
]
Policy = Annotated[str | None, typer.Option(help="The policy it is for; left out: all.")]
Version = Annotated[str, typer.Argument(help="As `list` names it: `zh/demand.sms@2`.")]
By = Annotated[
    str,
    typer.Option(help="Who decides, where no ARREARS_TOKEN says so (the development key)."),
]


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Texts: `zh/demand.sms.j2`.")],
    language: Language = None,
    creditor: Annotated[str, typer.Option(help="Whose words are looked for, too.")] = "*",
) -> None:
    """Say what is wrong with texts; works on files alone. The exit status is 1 for errors."""
    from arrears import texts
    from services.notifier.settings import NotifierSettings

    own, wrong = NotifierSettings(), 0
    for file in files:
        place = texts.place_of(file, language)
        for one in texts.check(own, creditor, place, texts.text_of(file)):
            typer.echo(f"{file}: {one.severity}: {one}")
            wrong += one.severity == "error"
    if wrong:
        raise typer.Exit(1)
    typer.echo(f"{len(files)} checked, no errors")


@app.command()
def preview(
    file: File,
    language: Language = None,
    sample: Annotated[
        str, typer.Option(help="person or company, then _many, _upcoming.")
    ] = "person",
    pdf: Annotated[Path | None, typer.Option(help="Write the printed letter here.")] = None,
) -> None:
    """Print a text as a debtor who does not exist would get it; works on the file alone."""
    from arrears import texts
    from chassis.errors import Malformed
    from chassis.settings import Settings
    from services.notifier.settings import NotifierSettings

    own, place, text = NotifierSettings(), texts.place_of(file, language), texts.text_of(file)
    try:
        shown = texts.preview(own, place, text, sample)
        if pdf is not None:
            pdf.write_bytes(texts.preview_pdf(own, place, text, sample, Settings().fonts))
    except Malformed as error:
        raise UsageError(f"{file}: {error}") from error
    if shown.subject:
        typer.echo(f"{shown.subject}\n")
    typer.echo(shown.body.rstrip("\n"))
    typer.echo(f"({shown.size})", err=True)


@app.command()
def save(
    creditor: Creditor,
    file: File,
    language: Language = None,
    policy: Policy = None,
    by: By = "arrears",
) -> None:
    """Propose a text: a draft, until somebody else approves it."""
    from arrears import texts

    place, text = texts.place_of(file, language, policy), texts.text_of(file)
    saved = running.run(_with(by, lambda system: texts.save(system, creditor, place, text)))
    for one in saved["warnings"]:
        typer.echo(f"{file}: warning: {one['message']}", err=True)
    typer.echo(f"{texts.label_of(saved)} is a draft")


@app.command()
def approve(creditor: Creditor, version: Version, by: By = "arrears") -> None:
    """Approve a draft: notices are written with it from now on. Who proposed it may not."""
    _decide(creditor, version, "approved", by)


@app.command()
def refuse(creditor: Creditor, version: Version, by: By = "arrears") -> None:
    """Refuse a draft."""
    _decide(creditor, version, "refused", by)


@app.command()
def retire(creditor: Creditor, version: Version, by: By = "arrears") -> None:
    """Take an approved version out of use; the one before it is in force again."""
    _decide(creditor, version, "retired", by)


@app.command("list")
def list_(creditor: Creditor) -> None:
    """List the versions of a creditor's texts, where they stand and who decided."""
    from arrears import texts

    for one in running.run(_with("arrears", lambda system: texts.listed(system, creditor))):
        who = f"proposed by {one['proposed_by']}"
        who += f", decided by {one['decided_by']}" if one["decided_by"] else ""
        typer.echo(f"{texts.label_of(one)}  {one['standing']}  {who}")


def _decide(creditor: str, version: str, outcome: str, by: str) -> None:
    from arrears import texts

    told = running.run(_with(by, lambda system: texts.decide(system, creditor, version, outcome)))
    typer.echo(f"{texts.label_of(told)} is {told['standing'].replace('_', ' ')}")


async def _with(by: str, ask: Any) -> Any:
    from arrears import apis
    from chassis.settings import Settings

    async with apis.running(Settings(), by) as system:
        return await ask(system)
