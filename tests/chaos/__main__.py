"""`python -m tests.chaos SECONDS [SEED]`: the same traffic twice, in chaos and undisturbed."""

import asyncio
import logging
import shutil
import sys
import tempfile
from pathlib import Path
from random import SystemRandom

from tests.chaos.days import Outcome
from tests.chaos.facts import differences
from tests.chaos.run import chaos
from tests.faults.minding import until_told

_STARTS_PER_TICK = 20
_SHOWN_MAX = 10


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def report(disturbed: Outcome, calm: Outcome) -> tuple[str, bool]:
    """The table, and whether both runs came to the same."""
    figures = disturbed.figures.items()
    rows = [
        ("", "chaos", "undisturbed"),
        *((one, mine, calm.figures[one]) for one, mine in figures),
    ]
    lines = [f"{name:34}{mine:>26}{other:>26}" for name, mine, other in rows]
    lines += ["", f"{'compared':34}{'chaos':>26}{'undisturbed':>26}{'differences':>13}"]
    wrong = [*(f"chaos: {text}" for text in disturbed.wrong), *calm.wrong]
    for what, found in differences(calm.facts, disturbed.facts).items():
        numbers = (disturbed.facts[what].total(), calm.facts[what].total(), len(found))
        lines.append("{:34}{:>26}{:>26}{:>13}".format(what, *numbers))
        wrong += [f"{what}: {text}" for text in found[:_SHOWN_MAX]]
    lines += ["", *(wrong or ["all equal"])]
    return "\n".join(lines), not wrong


def main(seconds: str = "300", seed: str = "") -> None:
    number = int(seed or SystemRandom().randrange(1_000_000))
    say(f"SEED={number}")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="arrears-chaos-"))
    work = chaos(folder, float(seconds), number, _STARTS_PER_TICK)
    try:
        disturbed, calm = asyncio.run(until_told(work))
    except (asyncio.CancelledError, KeyboardInterrupt):
        say(f"ended before its time; logs and traffic: {folder}")
        sys.exit(1)
    except TimeoutError as error:
        say(f"{error}; logs and traffic: {folder}")
        sys.exit(1)
    text, is_equal = report(disturbed, calm)
    say(text)
    if not is_equal:
        say(f"logs and traffic: {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
