"""What is told in a run, from a file, half a day at a time; and to whom it is owed."""

import asyncio
import base64
import json
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.faults import traffic
from tests.faults.publishing import Upstream


class Telling:
    """Publishes what a file has for each half day, `piece` messages in every `seconds`.

    Strikes come in the middle of a half day then, and the rate is known; `told` counts messages,
    `took` the seconds that telling them took.
    """

    def __init__(
        self, file: Path, bootstrap: Callable[[], str], piece: int, seconds: float
    ) -> None:
        self._upstream = Upstream(bootstrap)
        self._piece, self._seconds = piece, seconds
        self._records: dict[int, list[tuple[bytes, bytes]]] = defaultdict(list)
        self.told = 0
        self.took = 0.0
        for line in map(json.loads, file.read_text().splitlines()):
            if line["is"] != "erase":
                record = (line["key"].encode(), base64.b64decode(line["value"]))
                self._records[line["tick"]].append(record)

    async def publish(self, tick: int) -> None:
        """Tell what is told in this half day."""
        records = self._records[tick]
        began = time.monotonic()
        for number, start in enumerate(range(0, len(records), self._piece), 1):
            await self._upstream.publish(records[start : start + self._piece])
            await asyncio.sleep(max(0.0, began + number * self._seconds - time.monotonic()))
        self.told += len(records)
        self.took += time.monotonic() - began

    async def close(self) -> None:
        await self._upstream.close()


async def set_up_creditors(url: str, token: str) -> None:
    """Give dunning at this address the creditors of the traffic."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(timeout=60, headers=headers) as client:
        for creditor, (pack, zone, currency) in traffic.CREDITORS.items():
            body: dict[str, Any] = {"name": creditor, "time_zone": zone, "currency": currency}
            body |= {"policy": pack, "languages": ["en"]}
            answer = await client.put(f"{url}/v1/creditors/{creditor}", json=body)
            answer.raise_for_status()
