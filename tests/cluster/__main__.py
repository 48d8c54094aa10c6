"""`python -m tests.cluster ARCHIVE [SEED]`: the image's release through its day, in the cluster of
`deploy/kube/up.sh`.
"""

import asyncio
import logging
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom

from tests.chaos.__main__ import report, say
from tests.chaos.days import Outcome
from tests.cluster.day import RATE, Passed, days
from tests.cluster.outside import Outside
from tests.cluster.release import make_image
from tests.faults.minding import Minder, until_told


def table(passed: Sequence[Passed]) -> str:
    head = ("what befell the release", "half days", "messages", "seconds", "a lane stood")
    rows = [
        (one.what, one.half_days, one.messages, f"{one.seconds:.0f}", f"{one.stood_seconds:.1f} s")
        for one in passed
    ]
    return "\n".join("{:34}{:>12}{:>12}{:>12}{:>16}".format(*row) for row in (head, *rows))


async def through(folder: Path, seed: int) -> tuple[list[Passed], Outcome, Outcome]:
    outside = Outside(folder)
    try:
        await outside.start()
        return await days(folder, outside, seed)
    finally:
        await outside.stop()


def main(archive: str, seed: str = "") -> None:
    number = int(seed or SystemRandom().randrange(1_000_000))
    say(f"SEED={number}")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="arrears-cluster-"))
    folder.chmod(0o755)
    minder = Minder(folder)
    try:
        say(f"image {asyncio.run(make_image(Path(archive)))}, {RATE} messages a second")
        passed, disturbed, calm = asyncio.run(until_told(through(folder, number)))
    finally:
        minder.close()
    text, is_equal = report(disturbed, calm)
    say(f"{table(passed)}\n\n{text}")
    if not is_equal:
        say(f"logs and traffic: {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
