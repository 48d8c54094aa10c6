"""`make kafka`: a local broker in the foreground, its data in ./data/kafka, until Ctrl-C."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from chassis.errors import ArrearsError
from chassis.kafka_server import LocalKafka

DATA = Path(__file__).resolve().parents[2] / "data" / "kafka"


async def run(port: int) -> int:
    """Start the broker and keep it until it ends or we are told to stop."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    broker = LocalKafka(DATA, port)
    print("Starting Kafka …", flush=True)
    async with broker as bootstrap:
        print(f"Kafka answers on {bootstrap}; its data is in {DATA}. Ctrl-C stops it.", flush=True)
        told = asyncio.create_task(stopped.wait())
        ended = asyncio.create_task(broker.wait())
        await asyncio.wait({told, ended}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not stopped.is_set():
            print(f"Kafka ended by itself; see {broker.log}", file=sys.stderr)
            return 1
    with contextlib.suppress(asyncio.CancelledError):
        await ended
    print("Kafka stopped.")
    return 0


def main() -> int:
    try:
        return asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 9092))
    except ArrearsError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
