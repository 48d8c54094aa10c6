"""The stores are lost, and yesterday's backup is brought back while upstream goes on: F13.

What was said after the backup stays on the topics, so of the invariants those are judged that speak
of the stores alone. It is tried after all others.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from arrears.backup.making import make
from arrears.backup.restoring import restore
from chassis.settings import Settings
from tests.faults import invariants
from tests.faults.clock import ShiftedClock
from tests.faults.running import Fault, Running
from tests.faults.service import FORKS, into

_DATABASE = "restored"
_DAY = 2  # ticks
JUDGED = (
    invariants.i1_every_message_has_one_effect,
    invariants.i2_in_the_store,
    invariants.i5_offsets_only_grow,
)


def _make(settings: dict[str, str], log: Path, folder: Path, _clock: Path) -> None:
    into(log, settings)
    asyncio.run(make(Settings(), folder))


def _restore(settings: dict[str, str], log: Path, folder: Path, clock: Path) -> None:
    into(log, settings)
    asyncio.run(restore(Settings(), folder, clock=ShiftedClock(clock)))


async def _done(run: Running, body: Callable[..., None], name: str) -> None:
    system = run.system
    ledger = system.instances["ledger"]
    log = system.folder / "restore.log"
    values = (ledger.settings, log, system.folder / "backup" / name, ledger.clock_file)
    process = FORKS.Process(target=body, args=values)
    process.start()
    await asyncio.to_thread(process.join)
    assert process.exitcode == 0, f"{body.__name__} ended with {process.exitcode}: see {log}"


async def yesterdays_backup(run: Running) -> None:
    system = run.system
    await run.drain()
    (system.folder / "backup").mkdir()
    await _done(run, _make, "yesterday")
    await system.next_ticks(_DAY, 2)
    for process in system.instances.values():
        process.wanted = False
        await process.kill()
    await system.use_database(_DATABASE)
    async with run.traffic(_DAY):
        await _done(run, _restore, "yesterday")
        for process in system.instances.values():
            process.wanted = True
            process.start()
        await system.ready()
    run.watch.highest.clear()
    run.watch.waits_for_erasures = False
    await run.drain()
    await _done(run, _make, "today")  # whoever was erased since is taken off the bus after it
    run.watch.waits_for_erasures = True
    await run.drain()
    wrong = await run.violations(JUDGED)
    seen = run.seen
    assert seen is not None
    mails = Counter(line["key"] for line in seen.gateway if line["channel"] == "email")
    wrong += [f"e-mail {key} was taken {n} times" for key, n in mails.items() if n > 1]
    assert not wrong, "; ".join(wrong[:5])


LAST = (Fault("F13", "stores lost, yesterday's backup restored", yesterdays_backup),)
