"""The key-encryption key is changed under two processes of all services, while debtors come in; one
of the processes and the command itself are killed in the middle.
"""

import asyncio
import base64
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from arrears.databases import Databases
from arrears.schemas import migrate
from chassis.http.dev_keys import mint_token
from chassis.settings import SERVICES
from chassis.store.wrapping import Master, key_id
from contracts.words.streams import Subject
from tests.support.packs import AT_ONCE
from tests.support.processes import ARREARS, System

OLD, NEW = b"o" * 32, b"n" * 32
BOTH = {"kek": base64.b64encode(OLD).decode(), "kek_next": base64.b64encode(NEW).decode()}
ALONE = {"kek": BOTH["kek_next"]}
SERVE = f"serve {' '.join(SERVICES)}"
SECONDS_MAX = 120.0
FOLLOWS = " or ".join(
    f"exists (select from {name}.store_meta where next_key_check is not null)" for name in SERVICES
)


class Debtors:
    """They come in one after the other, each with a phone and an overdue invoice."""

    def __init__(self, system: System) -> None:
        token = mint_token(system.folder / "data", ("upstream",), ("mobile",), "upstream")
        kind = "application/cloudevents+json"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        self._url = f"http://127.0.0.1:{system.ports['ledger']}/v1/events"
        self.number = 0

    def register(self, number: int) -> None:
        debtor = {"name": "Zhang", "kind": "natural_person", "phones": [phone(number)]}
        self._tell("account.upserted", number, {"debtor": debtor})

    def owe(self, number: int) -> None:
        invoice = {"invoice_id": f"I-{number}", "item": "fee", "amount": 1_000, "currency": "CNY"}
        days = {"issued_on": "2026-01-01", "due_on": "2026-01-31"}
        self._tell("invoice.issued", number, {**invoice, **days})

    @contextmanager
    def coming(self) -> Iterator[None]:
        is_over = threading.Event()

        def come() -> None:
            while not is_over.wait(0.3):
                self.register(self.number)
                self.owe(self.number)
                self.number += 1

        thread = threading.Thread(target=come, daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join(SECONDS_MAX)

    def _tell(self, kind: str, number: int, data: dict[str, Any]) -> None:
        event = {
            "specversion": "1.0",
            "id": f"{kind}-{number}",
            "source": "test",
            "type": f"billing.{kind}.v1",
            "subject": f"A-{number}",
            "time": "2026-01-01T00:00:00Z",
            "creditor": "mobile",
            "data": {"account_id": f"A-{number}", **data},
        }
        while not httpx.post(self._url, json=event, headers=self._headers, timeout=60).is_success:
            time.sleep(0.1)


def phone(number: int) -> str:
    return f"+86138001{number:05}"


@contextmanager
def closing_in(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Whatever happens, nothing is left running."""
    try:
        yield
    finally:
        process.kill()
        process.wait()


def until(is_done: Callable[[], object], system: System) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not is_done():
        assert time.monotonic() < deadline, system.log.read_text()
        time.sleep(0.02)


def told(system: System) -> set[str]:
    """The phones that notices went to."""
    files = (system.folder / "data" / "outbox").glob("*/*/sms/*.txt")
    return {line[4:] for file in files for line in file.read_text().splitlines() if "To: " in line}


async def is_under_way(database: str) -> bool:
    connection = await asyncpg.connect(database)
    found: bool = await connection.fetchval(f"select {FOLLOWS}")
    await connection.close()
    return found


async def wrapped(database: str) -> dict[str, list[tuple[Subject, bytes]]]:
    connection = await asyncpg.connect(database)
    found: dict[str, list[tuple[Subject, bytes]]] = {}
    for name in SERVICES:
        query = f"select creditor, account, wrapped from {name}.subject_keys"  # noqa: S608
        rows = await connection.fetch(query)
        found[name] = [(Subject(creditor, account), key) for creditor, account, key in rows]
    await connection.close()
    return found


def test_all_is_readable_when_the_old_key_is_gone(database: str, tmp_path: Path) -> None:
    shared = {"database_url": database, "partitions": "2", "lease_seconds": "2"}
    first, second = (System(tmp_path, instance=one, **shared, **BOTH) for one in "ab")
    asyncio.run(migrate(Databases(dict.fromkeys(SERVICES, database), database)))
    doomed = subprocess.Popen([*ARREARS, *SERVE.split()], env=first.environment, cwd=tmp_path)
    with closing_in(doomed), second.running(SERVE):
        until(lambda: all(first.readiness(name) for name in SERVICES), second)
        creditor = {"name": "M", "time_zone": "Asia/Shanghai", "currency": "CNY"}
        body = {**creditor, "policy_document": AT_ONCE}
        second.call("dunning", "PUT", "/v1/creditors/mobile", "manager", body)
        debtors = Debtors(second)
        debtors.register(99_999)
        with debtors.coming():
            until(lambda: len(told(second)) > 3, second)
            rotation = subprocess.Popen([*ARREARS, "keys", "rotate"], env=second.environment)
            while not asyncio.run(is_under_way(database)):
                assert rotation.poll() is None
            for process in (doomed, rotation):
                process.send_signal(signal.SIGKILL)
                process.wait()
            done = second.arrears("keys", "rotate")
            assert done.returncode == 0, done.stderr
            reached = debtors.number
            until(lambda: debtors.number > reached + 3, second)
        until(lambda: len(told(second)) == debtors.number, second)
    found = asyncio.run(wrapped(database))
    for name, keys in found.items():
        master = Master([NEW], service=name)
        assert all(master.unwrap(one, key) and key_id(NEW) in key for one, key in keys)
    assert min(len(found[name]) for name in ("dunning", "notifier", "legal")) > debtors.number
    third = System(tmp_path, instance="c", **shared, **ALONE)
    with third.running(SERVE):
        Debtors(third).owe(99_999)
        until(lambda: phone(99_999) in told(third), third)
