"""`arrears policy simulate`: a policy tried on what really was billed and paid."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arrears.commands import running
from arrears.errors import UsageError

if TYPE_CHECKING:
    from arrears.policy_simulation.figures import Figures
    from arrears.policy_simulation.recorded import Recorded


def simulate(
    policy: Annotated[str, typer.Option(help="The new policy: a pack file, or a pack's id.")],
    creditor: Annotated[str, typer.Option(help="Whose billing events are played.")],
    from_: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day played.")
    ],
    to: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day played.")],
    events: Annotated[
        Path | None,
        typer.Option(help="A JSONL export of billing events; else the running system's."),
    ] = None,
    present: Annotated[
        str | None,
        typer.Option(help="The policy to compare with; else the one in force.", show_default=False),
    ] = None,
    prices: Annotated[Path | None, typer.Option(help="A price list (YAML).")] = None,
    days_to_do: Annotated[
        int, typer.Option(min=0, help="Days after which a task is taken as done.")
    ] = 1,
) -> None:
    """Play a time's billing events under a new policy beside the present one, and what was done.

    In a scratch store on a simulated clock: nothing is sent, and nothing is left behind. People
    are taken to do their tasks and to grant what asks for approval.
    """
    days = (from_.date(), to.date())
    if days[0] > days[1]:
        raise UsageError(f"--from {days[0]} is after --to {days[1]}")
    running.run(_simulate(policy, creditor, days, events, present, prices, days_to_do))


async def _simulate(
    policy: str,
    creditor: str,
    days: tuple[date, date],
    events: Path | None,
    present: str | None,
    prices: Path | None,
    days_to_do: int,
) -> None:
    from rich.console import Console

    from arrears.policy_simulation import playing, showing
    from arrears.policy_simulation.figures import read_prices
    from arrears.policy_simulation.recorded import from_file, from_system
    from chassis.settings import Settings

    price_list = read_prices(prices)
    new = _chosen(policy)
    named = None if present is None else _chosen(present)
    if events is not None:
        recorded = from_file(events, creditor, days, None if named is None else "-")
    else:
        recorded = await from_system(Settings(), creditor, days)
    old = named or _chosen_in(recorded.set_up)
    candidates = [
        playing.Candidate(pack, _set_up(recorded, text, figures), days_to_do)
        for pack, text, figures in (old, new)
    ]
    played = await playing.play(recorded, creditor, candidates)
    columns: list[tuple[str, Figures]] = []
    if recorded.answers is not None:
        columns.append((_happened(recorded), _really(recorded, creditor)))
    columns.append((f"present: {old[0].label}", played[0]))
    columns.append((f"new: {new[0].label}", played[1]))
    title = f"{creditor}, {days[0]} to {days[1]}, {recorded.counted} billing events"
    showing.show(Console(), columns, price_list, title)
    typer.echo(
        f"Played with tasks done {days_to_do} days on and approvals granted. Promises, plans, "
        "disputes, applications and holds are those recorded, where the policy takes them; what "
        f"was recorded before {days[0]} is played too and not counted."
    )


def _happened(recorded: "Recorded") -> str:
    """Days that are not over yet were played and did not happen."""
    today = datetime.now(recorded.span.zone).date()
    return "what happened" if recorded.span.last < today else f"what happened to {today}"


def _really(recorded: "Recorded", creditor: str) -> "Figures":
    from arrears.policy_simulation.figures import Figures

    figures = Figures(creditor, recorded.span.zone)
    for event in recorded.answers or ():
        figures.hear(event)
    return figures


def _chosen(name: str) -> tuple[Any, str, dict[str, Any]]:
    """A pack by file or id, checked as `validate` does: the pack, its text, and no figures
    changed.
    """
    from services.dunning import policy
    from services.dunning.library import shipped_text

    if not Path(name).suffix:
        pack = policy.get(name)
        return pack, shipped_text(pack).text, {}
    pack = policy.load(name)
    if problems := policy.validate(pack):
        raise policy.PackError(problems)
    return pack, Path(name).read_text(encoding="utf-8"), {}


def _chosen_in(set_up: Any) -> tuple[Any, str, dict[str, Any]]:
    from services.dunning.library import chosen_text

    figures = dict(set_up.get("parameters") or {})
    source = chosen_text(
        set_up.get("policy"), set_up.get("policy_version"), set_up.get("policy_document"), figures
    )
    return source.pack, source.text, figures


def _set_up(recorded: "Recorded", text: str, figures: dict[str, Any]) -> dict[str, Any]:
    from arrears.policy_simulation.recorded import KEPT

    set_up = {name: recorded.set_up[name] for name in KEPT if name in recorded.set_up}
    return set_up | {"policy_document": text, "parameters": figures}
