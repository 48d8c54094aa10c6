"""`arrears access`: who was answered what about whom."""

from typing import Annotated, Any

import typer

from arrears.commands import running
from arrears.commands.verify import Anew, PlaceFile, Services, run_verification

app = typer.Typer(
    help="The record of every answer with personal data: list and verify it.", no_args_is_help=True
)
Service = Annotated[str | None, typer.Option(help="One service; all when left out.")]


@app.command("list")
def list_records(
    service: Service = None,
    creditor: Annotated[str | None, typer.Option(help="About debtors of this creditor.")] = None,
    account: Annotated[str | None, typer.Option(help="About this account.")] = None,
    subject: Annotated[str | None, typer.Option(help="Given to this subject of a token.")] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="From this instant on, with its offset.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Until before this one.")] = None,
) -> None:
    """List records of the running services; that is recorded too."""
    wanted = {"creditor": creditor, "account": account, "subject": subject}
    wanted |= {"from": since, "to": until}
    names = running.services(None if service is None else [service])
    count = running.run(running.list_pages(names, "/v1/access-records", wanted, _line))
    typer.echo(f"{count} records")


@app.command()
def verify(services: Services = None, place: PlaceFile = None, anew: Anew = False) -> None:
    """Prove that no record was changed or taken away; exit status 1 where one was.

    Reads the databases of the settings, while services run. When it is cut off, call it again: it
    goes on where it was. `arrears verify` does it too.
    """
    run_verification("records", services, place, anew=anew)


def _line(name: str, record: dict[str, Any]) -> str:
    about = f"{record['creditor'] or '-'}/{','.join(record['accounts']) or '-'}"
    token = f" by token {record['token_id']}" if record["token_id"] else ""
    return (
        f"{name} {record['number']} {record['at']}, {record['subject']} of {record['issuer']}"
        f"{token}: {record['route']}, about {about}: {record['status']}"
    )
