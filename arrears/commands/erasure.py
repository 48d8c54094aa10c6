"""`arrears erasure`: erasures that were asked for on the bus and wait for a person's answer."""

from pathlib import Path
from typing import Annotated, Any

import typer

from arrears.commands import running

app = typer.Typer(
    help="List, confirm and refuse the erasure of debtors that upstream asked for.",
    no_args_is_help=True,
)

Creditor = Annotated[str, typer.Argument(help="The creditor's id.")]
Account = Annotated[str, typer.Argument(help="The account's id.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept, so it names nobody.")]


@app.command("list")
def list_erasures(
    creditor: Creditor,
    status: Annotated[
        str, typer.Option(help="pending, confirmed, refused, lapsed, or all of them: all.")
    ] = "pending",
) -> None:
    """List what was asked for, by whom, and what became of it."""
    running.run(_list(creditor, None if status == "all" else status))


@app.command()
def confirm(creditor: Creditor, account: Account, reason: Reason) -> None:
    """Have every service destroy its key for the debtor's personal data; the sums stay.

    What was confirmed and did not happen may be confirmed again.
    """
    running.run(_answer(creditor, account, "confirmation", reason))


@app.command()
def refuse(creditor: Creditor, account: Account, reason: Reason) -> None:
    """Let everything go on as before."""
    running.run(_answer(creditor, account, "refusal", reason))


@app.command("export")
def export_list(
    to: Annotated[Path, typer.Option(help="The list; who is missing in it is added.")],
) -> None:
    """Note in a file who was erased, for `arrears restore --erasures`: asked of the ledger's store.

    The ledger keeps such a list by itself (ARREARS_ERASURES_FILE); this is for a copy elsewhere.
    """
    from arrears.backup.again import export
    from chassis.clock import WallClock
    from chassis.settings import Settings

    added = running.run(export(Settings(), to, WallClock().now()))
    typer.echo(f"{added} erasures added to {to}")


async def _list(creditor: str, status: str | None) -> None:
    from urllib.parse import quote

    from arrears import apis
    from chassis.settings import Settings

    path, count = f"/v1/creditors/{quote(creditor, safe='')}/erasures", 0
    async with apis.running(Settings()) as system:
        async for row in system.pages("ledger", path, status=status):
            typer.echo(_line(row))
            count += 1
    typer.echo(f"{count} erasures")


def _line(row: dict[str, Any]) -> str:
    asked = f"{row['account_id']} {row['status']}, asked {row['asked_at']}"
    if row["source"] is not None:
        asked += f" by {row['source']} (message {row['message_id']})"
    if row["status"] == "pending":
        return f"{asked}, lapses {row['expires_at']}: {row['asked_reason'] or 'no reason given'}"
    if row["answered_by"] is None:
        return asked
    return f"{asked}, answered {row['answered_at']} by {row['answered_by']}: {row['reason']}"


async def _answer(creditor: str, account: str, word: str, reason: str) -> None:
    from urllib.parse import quote

    from arrears import apis
    from chassis.settings import Settings

    path = f"/v1/accounts/{quote(account, safe='')}/erasure/{word}"
    async with apis.running(Settings()) as system:
        answer = await system.post("ledger", path, {"reason": reason}, creditor=creditor)
    typer.echo(f"the erasure of {creditor}/{account} is {answer['status']}")
