"""Writes the sample events: a creditor for every policy pack, 300 accounts, half a year of billing.

`python -m samples.generate [FOLDER]` writes the same bytes every time: everything random comes from
one fixed seed per creditor.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from samples.creditors import CREDITORS, Creditor
from samples.platform import ZONE, Platform


def files() -> Iterator[tuple[str, bytes]]:
    """Return name and content of every sample file."""
    number = 1
    setup = []
    for creditor in CREDITORS:
        setup.append(_set_up(creditor))
        lines = [
            json.dumps(event, ensure_ascii=False, separators=(",", ":"))
            for event in Platform(creditor, number).run()
        ]
        yield f"{creditor.id}.jsonl", ("\n".join(lines) + "\n").encode()
        number += creditor.accounts
    yield "creditors.json", (json.dumps(setup, ensure_ascii=False, indent=2) + "\n").encode()


def _set_up(creditor: Creditor) -> dict[str, str]:
    return {
        "id": creditor.id,
        "name": creditor.name,
        "time_zone": ZONE.key,
        "currency": "CNY",
        "policy": creditor.id,
    }


def main(folder: Path) -> None:
    """Write all sample files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
