"""What many accounts need, computed from what single ones were measured to cost.

python -m bench.scale [name=value …] prints the tables of docs/scale.md, with other figures where
some are named: `python -m bench.scale life_dunning=4752 price_gb_month=0.08`.
"""

import sys
from collections.abc import Sequence
from math import ceil

import msgspec

SIZES = (1_000_000, 10_000_000, 100_000_000)
_SERVICES = ("ledger", "dunning", "notifier", "legal")
_GB = 1e9
_HOURS_A_MONTH = 730


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """The figures everything follows from: measured ones, assumptions, and prices of an example."""

    # measured (docs/performance.md)
    life_ledger: float = 6_595
    life_dunning: float = 14_500
    life_notifier: float = 11_264
    life_legal: float = 4_260
    life_events: float = 10
    id_bytes: float = 110
    bus_event_bytes: float = 370
    ledger_events_a_second_and_core: float = 15_000
    event_ms: float = 0.66
    notice_ms_in_full_batches: float = 2.7
    notice_ms_in_a_trickle: float = 18
    # assumed
    events_a_month: float = 2
    overdue_a_month: float = 0.05
    notices_a_case: float = 2
    years_kept: float = 5
    billing_day_share: float = 0.2
    billing_day_hours: float = 8
    notice_days: float = 20
    notice_peak: float = 3
    notice_hours: float = 1
    trickle_below: float = 50
    bus_days: float = 31
    bus_replicas: float = 3
    bus_messages_an_event: float = 4
    database_gb_max: float = 2_000
    load_max: float = 0.5
    # prices of an example
    price_vcpu_hour: float = 0.04
    price_gb_month: float = 0.12
    price_backup_gb_month: float = 0.02


class Needs(msgspec.Struct, frozen=True):
    """What so many accounts need: rates at their peak, cores, bytes and money a month."""

    accounts: int
    events_a_second: float
    notices_a_second: float
    notice_ms: float
    cores_events: float
    cores_notices: float
    gb_a_year: dict[str, float]
    databases: dict[str, int]
    installations: int
    lanes: int
    instances: int
    catch_up_minutes: float
    catch_up_ledger_minutes: float
    bus_gb: float
    vcpus: float
    gb_kept: float
    money_cpu: float
    money_disk: float


def bytes_a_year(given: Inputs, service: str) -> float:
    """What an account leaves in a service in a year.

    All of the ledger's is its events'; of the others an id of each event, the rest is the case's.
    """
    life: float = getattr(given, f"life_{service}")
    events = 12 * given.events_a_month
    if service == "ledger":
        return events * life / given.life_events
    case = life - given.life_events * given.id_bytes
    return events * given.id_bytes + 12 * given.overdue_a_month * case


def needs(given: Inputs, accounts: int) -> Needs:
    """What an installation, or several, of so many accounts need."""
    events = accounts * given.events_a_month * given.billing_day_share
    events_a_second = events / (given.billing_day_hours * 3600)
    notices = accounts * given.overdue_a_month * given.notices_a_case / given.notice_days
    notices_a_second = notices * given.notice_peak / (given.notice_hours * 3600)
    is_trickle = notices_a_second < given.trickle_below
    notice_ms = given.notice_ms_in_a_trickle if is_trickle else given.notice_ms_in_full_batches
    cores_events = events_a_second * given.event_ms / 1000
    cores_notices = notices_a_second * notice_ms / 1000
    gb = {name: accounts * bytes_a_year(given, name) / _GB for name in _SERVICES}
    databases = {
        name: max(1, ceil(each * given.years_kept / given.database_gb_max))
        for name, each in gb.items()
    }
    installations = max(count for name, count in databases.items() if name != "ledger")
    instances = max(2, ceil((cores_events + cores_notices) / given.load_max / len(_SERVICES)))
    gb_kept = sum(gb.values()) * given.years_kept
    bus_gb = (
        accounts * given.events_a_month / 30 * given.bus_days * given.bus_event_bytes
        * given.bus_messages_an_event * given.bus_replicas / _GB
    )  # fmt: skip
    # two vCPUs for each database and its standby, and for three brokers, in each installation
    servers = 4 * sum(max(count, installations) for count in databases.values()) + 6 * installations
    vcpus = servers + max(8 * 0.25 * installations, (cores_events + cores_notices) / given.load_max)
    return Needs(
        accounts=accounts,
        events_a_second=events_a_second,
        notices_a_second=notices_a_second,
        notice_ms=notice_ms,
        cores_events=cores_events,
        cores_notices=cores_notices,
        gb_a_year=gb,
        databases=databases,
        installations=installations,
        lanes=max(16, 16 * databases["ledger"]),
        instances=instances,
        catch_up_minutes=60 * cores_events / len(_SERVICES),
        catch_up_ledger_minutes=60 * events_a_second / given.ledger_events_a_second_and_core,
        bus_gb=bus_gb,
        vcpus=vcpus,
        gb_kept=gb_kept,
        money_cpu=vcpus * _HOURS_A_MONTH * given.price_vcpu_hour,
        money_disk=(2 * gb_kept + bus_gb) * given.price_gb_month
        + 2 * gb_kept * given.price_backup_gb_month,
    )


def tables(given: Inputs) -> str:
    """The tables of docs/scale.md."""
    found = [needs(given, size) for size in SIZES]
    rows: list[tuple[str, list[str]]] = [
        ("events a second on a billing day", [_short(one.events_a_second) for one in found]),
        ("notices a second in the worst hour", [_short(one.notices_a_second) for one in found]),
        ("ms of processor a notice", [_short(one.notice_ms) for one in found]),
        ("cores busy with events, then", [_short(one.cores_events) for one in found]),
        ("cores busy with notices, then", [_short(one.cores_notices) for one in found]),
        ("instances of each service", [str(one.instances) for one in found]),
        (
            "minutes for an hour missed, a core each",
            [_short(one.catch_up_minutes) for one in found],
        ),
        ("of the ledger alone", [_short(one.catch_up_ledger_minutes) for one in found]),
        ("lanes, chosen at the beginning", [str(one.lanes) for one in found]),
        *(
            (f"GB a year, {name}", [_short(one.gb_a_year[name]) for one in found])
            for name in _SERVICES
        ),
        ("GB a year, together", [_short(sum(one.gb_a_year.values())) for one in found]),
        (f"GB after {given.years_kept:g} years", [_short(one.gb_kept) for one in found]),
        ("databases of the ledger by then", [str(one.databases["ledger"]) for one in found]),
        ("installations, by creditor, by then", [str(one.installations) for one in found]),
        ("GB on the bus, replicas included", [_short(one.bus_gb) for one in found]),
        ("vCPUs", [_short(one.vcpus) for one in found]),
        ("money a month: vCPUs", [_short(one.money_cpu) for one in found]),
        ("money a month: disks and backups, by then", [_short(one.money_disk) for one in found]),
    ]
    head = [f"{size // 1_000_000} million" for size in SIZES]
    return "\n".join([_row("accounts", head), _row("---", ["---:"] * len(head)), *map(_told, rows)])


def _told(row: tuple[str, list[str]]) -> str:
    return _row(*row)


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _short(value: float) -> str:
    """Two digits that mean something, no more."""
    if value >= 100:
        digits = len(str(int(value))) - 2
        return f"{round(value, -digits):,.0f}"
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def main(arguments: Sequence[str]) -> None:
    """Print the tables, with the figures named instead of those above."""
    pairs = (each.partition("=") for each in arguments)
    changed = {name: float(value) for name, _, value in pairs}
    print(tables(msgspec.structs.replace(Inputs(), **changed)))


if __name__ == "__main__":
    main(sys.argv[1:])
