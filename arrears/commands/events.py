"""`arrears events`: what a service stored, as it says it."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
import typer

from arrears.commands import running
from arrears.errors import UsageError
from chassis.recorders import shown
from chassis.store.stored import Stored

app = typer.Typer(help="Show stored events.", no_args_is_help=True)


@app.callback()
def _events() -> None:
    """Keep `show` a word of its own while there is no other."""


@app.command()
def show(
    service: Annotated[str, typer.Argument(help="ledger, dunning, notifier or legal.")],
    stream: Annotated[str, typer.Argument(help="Like account-acme/17 or creditor-acme.")],
    version: Annotated[int | None, typer.Option(help="One event; all when left out.")] = None,
) -> None:
    """Show the events of a stream, with who recorded each; what is sealed stays sealed.

    Reads the service's own store, that in ./data (or ARREARS_DATABASE_URL and its like).
    """
    found = running.run(_show(service, stream, version))
    if not found:
        raise UsageError(f"the {service} has no such events: {stream}")


async def _show(service: str, stream: str, version: int | None) -> int:
    from arrears.stack import open_stack
    from chassis.settings import Settings, service_named
    from chassis.store.reads import Selection
    from contracts.words.streams import kind_of

    name = service_named(service)
    wanted = Selection() if version is None else Selection(after=version - 1, through=version)
    count = 0
    async with open_stack(Settings(), [name], migrate=False) as stack:
        kinds = sorted(stack.services[name].store.aggregates)
        if kind_of(stream) not in kinds:
            raise UsageError(f"{stream}: the {service} has streams of {', '.join(kinds)}")
        async for stored in stack.services[name].each(stream, wanted):
            count += 1
            for line in lines(name, stored):
                typer.echo(line)
    return count


def lines(service: str, stored: Stored) -> Iterator[str]:
    """An event as `show` prints it."""
    yield f"{stored.version} {stored.at.isoformat()} {stored.type}, for {stored.cause or 'nothing'}"
    recorder = shown(service, stored.recorder, stored.event, stored.cause)
    if recorder is None:
        yield "  recorded by: not kept then"
    else:
        of = f" of {recorder.issuer}" if recorder.issuer is not None else ""
        asked = f", as {recorder.proposed_by} proposed" if recorder.proposed_by else ""
        yield f"  recorded by: {recorder.subject}{of}{asked}"
    told = msgspec.json.Encoder(decimal_format="string").encode(stored.event)
    yield f"  {told.decode()}"
