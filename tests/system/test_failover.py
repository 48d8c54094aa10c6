"""The primary PostgreSQL is lost under writes, its standby promoted: the services go on, and what
they said yes to is there.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.secured.servers import programs
from tests.support.processes import System
from tests.support.standby import Pair, pair
from tests.system.chain import notice, send_an_overdue_invoice

AMOUNT = 100
FIRST, AFTERWARDS = 40, 40
SECONDS_MAX = 120.0


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Pair]:
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL of Debian's here (install postgresql)")
    folder = tmp_path / "servers"
    folder.mkdir()
    with pair(found, folder) as servers:
        yield servers


class Upstream:
    """Tells invoices one after the other, each again until it is accepted."""

    def __init__(self, system: System) -> None:
        token = system.arrears("token", "--role", "upstream").stdout.strip()
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/cloudevents+json",
        }
        self._url = f"http://127.0.0.1:{system.ports['ledger']}/v1/events"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)
        self.accepted = 0

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join(SECONDS_MAX)

    def wait_for(self, accepted: int) -> None:
        deadline = time.monotonic() + SECONDS_MAX
        while self.accepted < accepted:
            assert time.monotonic() < deadline, f"{self.accepted} were accepted"
            time.sleep(0.05)

    def _tell(self) -> None:
        with httpx.Client(headers=self._headers, timeout=60) as client:
            while not self._ended.is_set():
                self._tell_one(client, f"F-{self.accepted}")

    def _tell_one(self, client: httpx.Client, number: str) -> None:
        while not (answer := client.post(self._url, json=_invoice(number))).is_success:
            assert answer.status_code == 503, answer.text
        self.accepted += 1


def _invoice(number: str) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": number,
        "source": "test",
        "type": "billing.invoice.issued.v1",
        "subject": "A-1",
        "time": "2026-01-01T00:00:00Z",
        "creditor": "mobile",
        "data": {
            "account_id": "A-1",
            "invoice_id": number,
            "item": "fee",
            "amount": AMOUNT,
            "currency": "CNY",
            "issued_on": "2026-01-01",
            "due_on": "2026-01-31",
        },
    }


def test_a_promoted_standby_has_all_that_was_said_yes_to(both: Pair, tmp_path: Path) -> None:
    system = System(tmp_path, database_url=both.url, partitions="2")
    with system.running():
        send_an_overdue_invoice(system)
        upstream = Upstream(system)
        upstream.start()
        try:
            upstream.wait_for(FIRST)
            both.primary.kill()
            both.standby.promote()
            upstream.wait_for(upstream.accepted + AFTERWARDS)
        finally:
            upstream.end()
        assert notice(system)
        owed = 1_000 + upstream.accepted * AMOUNT
        deadline = time.monotonic() + SECONDS_MAX
        while (found := system.principal("A-1")) < owed:
            assert time.monotonic() < deadline, f"{found} of {owed} are owed"
            time.sleep(0.1)
        assert found == owed
