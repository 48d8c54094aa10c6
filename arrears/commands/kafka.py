"""`arrears kafka`: a Kafka broker on this machine."""

from pathlib import Path
from typing import Annotated

import typer


def kafka(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 9092,
    data: Annotated[Path | None, typer.Option(help="Folder of its data.")] = None,
) -> None:
    """Run one Kafka broker until Ctrl-C; its jars come through Maven, once."""
    import asyncio

    from chassis.settings import Settings

    asyncio.run(_run(data or Settings().data_dir / "kafka", port))


async def _run(folder: Path, port: int) -> None:
    import asyncio
    import signal

    from arrears.errors import UsageError
    from chassis.servers.kafka import LocalKafka

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    broker = LocalKafka(folder, port)
    async with broker as bootstrap:
        typer.echo(f"Kafka on {bootstrap}, data in {folder}; Ctrl-C stops")
        ended = asyncio.create_task(broker.wait())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if ended.done():
            raise UsageError(f"Kafka ended by itself; see {broker.log}")
