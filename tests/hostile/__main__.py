"""`make hostile SEED=… EVENTS=… REQUESTS=… BUS=embedded|kafka|both`: prints what was found, and
ends with 1 when anything was.
"""

import argparse
import asyncio
import secrets
import sys
import time

from chassis.logging import configure
from tests.hostile.run import Plan, alone, run

_BUSES = {"embedded": ("embedded",), "kafka": ("kafka",), "both": ("embedded", "kafka")}


def main() -> int:
    """Play hostile traffic on one bus or both."""
    given = _arguments()
    configure("hostile", "error")
    print(f"SEED={given.seed} EVENTS={given.events} REQUESTS={given.requests} BUS={given.bus}")
    faults = asyncio.run(_run(given))
    print("nothing found" if not faults else f"{faults} kinds of faults")
    return 1 if faults else 0


async def _run(given: argparse.Namespace) -> int:
    expected, faults = await alone(lambda _line: None), 0
    for bus in _BUSES[given.bus]:
        began = time.monotonic()
        plan = Plan(given.seed, given.events, given.requests, bus)
        outcome = await run(plan, expected, lambda line: print(line, file=sys.stderr))
        print("\n".join(outcome.table()))
        print(f"seconds {time.monotonic() - began:.0f}\n", flush=True)
        faults += len(outcome.faults)
    return faults


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--bus", choices=sorted(_BUSES), default="both")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
