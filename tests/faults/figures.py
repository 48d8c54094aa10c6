"""What a run comes to: the table of its faults, the invariants, and figures."""

import os
import platform
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from statistics import median

from tests.faults.crashes import PLACES
from tests.faults.observed import Observed
from tests.faults.running import AT_THE_END, Done, Fault, Running

_KILLS = ("SIGKILL", "SIGSTOP")


def report(run: Running) -> str:
    """The tables, the figures, and every violation once."""
    wrong = list(dict.fromkeys(run.violations_found))
    lines = [table(run.done), "", *_by_invariant(run, wrong), "", *_figures(run), ""]
    return "\n".join([*lines, f"{len(wrong)} violations", *wrong])


def table(tried: Sequence[Done]) -> str:
    """Fault, times, recovered in, violations."""
    by_fault: dict[Fault, list[Done]] = defaultdict(list)
    for done in tried:
        if not done.missed or done.violations:
            by_fault[done.fault].append(done)
    lines = [f"{'fault':60} times  median  longest  violations"]
    for fault, times in sorted(by_fault.items(), key=lambda at: int(at[0].number[1:])):
        seconds = [one.recovered for one in times]
        wrong = sum(len(one.violations) for one in times)
        lines.append(
            f"{fault.title:60} {len(times):5}"
            f" {median(seconds):6.1f}s {max(seconds):7.1f}s {wrong:11}"
        )
    return "\n".join(lines)


def _by_invariant(run: Running, wrong: Sequence[str]) -> Iterator[str]:
    for holds in AT_THE_END:
        number, _, name = holds.__name__.partition("_")
        violations = sum(text.startswith(f"{holds.__name__}:") for text in wrong)
        yield f"{number.upper():4}{name.replace('_', ' '):56}{violations:12} violations"
    yield "I11 is judged by tokens of each creditor; there is no row-level security in this design"


def _figures(run: Running) -> Iterator[str]:
    seen, system = run.seen, run.system
    if seen is None:
        return
    seconds = time.monotonic() - run.began
    told, stored = len(seen.topics["billing"]), sum(map(len, seen.events.values()))
    starts = sum(process.starts for process in system.everyone)
    yield f"{seconds / 3600:.2f} hours, {told} records told in {system.tick} half days"
    yield f"{stored} events stored, {stored / seconds:.0f}/s with faults; {starts} starts"
    yield f"0 violations in {told} records would mean fewer than 1 in {told / 3:.0f} (95 %)"
    recovered = sorted(one.recovered for one in run.done) or [0.0]
    p95 = recovered[min(len(recovered) - 1, int(0.95 * len(recovered)))]
    yield f"recovered in {median(recovered):.1f} s, p95 {p95:.1f} s, longest {recovered[-1]:.1f} s"
    yield f"at most {run.watch.lag_max} records behind, caught up at {run.watch.drained_max:.0f}/s"
    yield from _of_messages(run, seen)
    yield from _of_places(run)
    yield from _of_processes(run)


def _of_messages(run: Running, seen: Observed) -> Iterator[str]:
    sent = Counter(line["what"] for line in seen.gateway)
    doubt = sum(row["reason"] == "unknown" for row in seen.notices)
    parked = {name: len(rows) for name, rows in seen.parked.items() if rows}
    ids = {(one.event.get("source"), one.event.get("id")) for one in seen.topics["billing"]}
    yield f"notices: {sent['accepted']} taken, {sent['repeated']} offered again, {doubt} in doubt"
    yield f"repeats absorbed: {len(seen.topics['billing']) - len(ids)}; set aside: {parked}"
    yield f"zombies: {len(run.run.zombies)}, refused transactions: {sum(run.run.zombies):.0f}"
    yield f"erased: {len(run.run.erased)}, looked for in {run.run.looked_in} places"
    yield f"gone from the topics before they were read: {len(seen.unseen)}"
    yield f"replayed: {run.run.replayed} events in {run.run.replay_seconds:.0f} s"


def _of_places(run: Running) -> Iterator[str]:
    for what in _KILLS:
        left = [f"{s} {point}" for s, point in PLACES if not run.reached[s, point, what]]
        known = f", not at {', '.join(left)}" if left else ""
        yield f"{what} at {len(PLACES) - len(left)} of {len(PLACES)} places{known}"


def _of_processes(run: Running) -> Iterator[str]:
    last: dict[str, str] = {}
    for (service, _), samples in run.run.samples.items():
        first, now = samples[0], samples[-1]
        last[service] = (
            f"{first.resident_bytes >> 20} → {now.resident_bytes >> 20} MB,"
            f" {now.tasks} tasks, {now.files} files"
        )
    yield "; ".join(f"{service} {text}" for service, text in last.items())
    disks = ", ".join(f"{name}: {disk.how}" for name, disk in run.system.disks.items())
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    yield f"{machine}, Python {platform.python_version()}; {disks}"
    yield "PostgreSQL with fsync on; crashes of processes, not loss of power"
