"""`arrears proposals`: what waits for a second person, on the running system."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

import typer

from arrears.commands import running
from arrears.errors import UsageError

app = typer.Typer(
    help="List, show, approve and reject what waits for a second person.", no_args_is_help=True
)
_SERVICES = ("ledger", "dunning")
_NOT_FOUND = 404
_ERASED = "(the debtor was erased)"

Service = Annotated[str | None, typer.Option(help="ledger or dunning; left out: whichever has it.")]
Proposal = Annotated[str, typer.Argument(help="The id that `list` shows.")]
By = Annotated[
    str,
    typer.Option(help="Who decides, where no ARREARS_TOKEN says so (the development key)."),
]


@app.command("list")
def list_(
    service: Annotated[str | None, typer.Option(help="One of both; both when left out.")] = None,
    creditor: Annotated[str | None, typer.Option(help="Of this creditor.")] = None,
    account: Annotated[
        str | None, typer.Option(help="About this account; *: about the creditor.")
    ] = None,
    state: Annotated[
        str, typer.Option(help="waiting, approved, rejected, or all of them: all.")
    ] = "waiting",
) -> None:
    """List what was proposed, the oldest first: what, by whom and since when."""
    if state not in ("waiting", "approved", "rejected", "all"):
        raise UsageError(f"--state {state}: is none of waiting, approved, rejected, all")
    wanted = {"creditor": creditor, "account": account, "state": state}
    names = _services(service)
    count = running.run(running.list_pages(names, "/v1/proposals", wanted, _line))
    typer.echo(f"{count} proposals")


@app.command()
def show(proposal: Proposal, service: Service = None) -> None:
    """Show all of one proposal: what exactly is asked, by whom, and what became of it."""
    running.run(_show(service, proposal))


@app.command()
def approve(
    proposal: Proposal,
    by: By = "arrears",
    why: Annotated[str | None, typer.Option(help="Why: it is kept with it.")] = None,
    service: Service = None,
) -> None:
    """Approve a proposal: it is done at once. Who proposed it may not."""
    running.run(_decide(service, proposal, "approved", by, why))


@app.command()
def reject(
    proposal: Proposal,
    why: Annotated[str, typer.Option(help="Why: it is kept with it.")],
    by: By = "arrears",
    service: Service = None,
) -> None:
    """Reject a proposal: nothing is done."""
    running.run(_decide(service, proposal, "rejected", by, why))


def _services(only: str | None) -> Sequence[Any]:
    if only is None:
        return _SERVICES
    if only not in _SERVICES:
        raise UsageError(f"--service {only}: proposals wait in {' and '.join(_SERVICES)}")
    return (only,)


def _line(name: str, one: dict[str, Any]) -> str:
    amount = "" if one["amount"] is None else f" {one['amount']}"
    decided = f", decided by {one['decided_by']}" if one["decided_by"] else ""
    return (
        f"{name} {one['proposal_id']} {one['state']}, {one['at']}, "
        f"{one['creditor']}/{one['account'] or '*'}: {one['kind']}{amount}, "
        f"proposed by {one['by']}{decided}"
    )


async def _show(only: str | None, proposal: str) -> None:
    from arrears import apis
    from chassis.settings import Settings

    async with apis.running(Settings()) as system:
        name, found = await _found(system, only, proposal)
    asked = found.pop("asked")
    typer.echo(f"service: {name}")
    for field, value in found.items():
        if value is not None:
            typer.echo(f"{field}: {value}")
    if asked is None:
        typer.echo(f"asked: {_ERASED}")
        return
    typer.echo("asked:")
    for field, value in asked.items():
        typer.echo(f"  {field}: {value}")


async def _found(system: Any, only: str | None, proposal: str) -> tuple[Any, dict[str, Any]]:
    from arrears.apis import Refused

    for name in _services(only):
        try:
            return name, await system.get(name, f"/v1/proposals/{quote(proposal, safe='')}")
        except Refused as error:
            if error.status != _NOT_FOUND:
                raise
    raise UsageError(f"there is no proposal {proposal}: `arrears proposals list` has them")


async def _decide(
    only: str | None,
    proposal: str,
    outcome: Literal["approved", "rejected"],
    by: str,
    why: str | None,
) -> None:
    from arrears import apis
    from chassis.settings import Settings

    body = {"outcome": outcome} | ({} if why is None else {"reason": why})
    async with apis.running(Settings(), by) as system:
        name, found = await _found(system, only, proposal)
        path = f"/v1/proposals/{quote(proposal, safe='')}/decision"
        done = await system.post(name, path, body)
    typer.echo(f"{found['kind']} of {found['by']} is {done['state']} by {done['decided_by']}")
