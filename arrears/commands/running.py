"""Running what a command does: to its end and quietly, or as services until somebody stops them."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from chassis.settings import ServiceName, Settings

T = TypeVar("T")
Kafka = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="Use Kafka and not the embedded bus.")
]


def settings(kafka: str | None) -> "Settings":
    """The settings of the environment, with the Kafka named on the command line."""
    from chassis.settings import Settings

    found = Settings()
    if kafka is None:
        return found
    return found.model_copy(update={"bus": "kafka", "kafka_bootstrap": kafka})


def services(named: Sequence[str] | None) -> "Sequence[ServiceName]":
    """The services that are named, each once; all where none is."""
    from chassis.settings import SERVICES, service_named

    return [service_named(name) for name in dict.fromkeys(named or SERVICES)]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, with warnings and errors alone in the log."""
    from chassis.logging import configure

    configure("arrears", "warning")
    return asyncio.run(work)


async def list_pages(
    names: "Sequence[ServiceName]",
    path: str,
    wanted: dict[str, Any],
    line: Callable[[str, dict[str, Any]], str],
) -> int:
    """Print a line for everything that running services list under a path; answers how many."""
    from arrears import apis
    from chassis.settings import Settings

    count = 0
    async with apis.running(Settings()) as system:
        for name in names:
            async for one in system.pages(name, path, **wanted):
                typer.echo(line(name, one))
                count += 1
    return count


def serve(settings: "Settings", names: "Sequence[ServiceName]", *, migrate: bool) -> None:
    """Run services until Ctrl-C or SIGTERM, and say where they are once they answer.

    Without `migrate` a schema that is not this version's raises `WrongSchema`.
    """
    from arrears import live
    from chassis.logging import configure

    def say_where() -> None:
        for name in names:
            url = f"http://{settings.host}:{settings.port(name)}"
            docs = f"http://{settings.operations_host}:{settings.operations_port(name)}/docs"
            typer.echo(f"{name:9} {url}  (documentation: {docs})")
        typer.echo(f"data in {settings.data_dir.absolute()}; Ctrl-C stops")
        if settings.trusts_development_key:
            typer.echo("`arrears token --role manager` prints a token for the APIs")

    configure("arrears", settings.log_level)
    asyncio.run(live.run(settings, names, say_where, migrate=migrate))
