"""A day's work through clients that openapi-python-client makes of the four documents."""

import io
import json
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import pytest

from tests.support.processes import READY_SECONDS_MAX, SERVICES, System

CONFIG = Path(__file__).parent / "python-client.yaml"
CREDITOR = "ward"
DUE = datetime.now(UTC).date() - timedelta(days=30)


@pytest.fixture
def office(tmp_path: Path) -> "Iterator[Office]":
    system = System(tmp_path)
    _generate(system, tmp_path)
    sys.path.insert(0, str(tmp_path))
    try:
        with system.running(), Office(system) as office:
            yield office
    finally:
        sys.path.remove(str(tmp_path))


_NOT_MADE = {"ledger": 1, "notifier": 3, "legal": 1}
"""Routes the generator leaves out: the ledger's batch, whose second place is described without a
schema, and answers and uploads that are no JSON (PDF, CSV, ZIP).
"""


def _generate(system: System, folder: Path) -> None:
    """Make a package `arrears_SERVICE` of each document."""
    written = system.arrears("contracts", "openapi", "--out", str(folder))
    assert written.returncode == 0, written.stderr
    for name in SERVICES:
        made = subprocess.run(
            [
                *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
                *("--path", f"openapi-{name}.json", "--output-path", f"arrears_{name}"),
                *("--config", str(CONFIG)),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        said = made.stdout + made.stderr
        assert made.returncode == 0, said
        assert "Unable to process" not in said, said
        assert said.count("WARNING parsing") == _NOT_MADE.get(name, 0), said


class Office:
    """The generated clients, with a token that may do everything."""

    def __init__(self, system: System) -> None:
        token = system.arrears("token", "--role", "admin").stdout.strip()
        self._clients = {
            name: import_module(f"arrears_{name}").AuthenticatedClient(
                base_url=f"http://127.0.0.1:{port}", token=token, timeout=60
            )
            for name, port in system.ports.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients.values():
            client.get_httpx_client().close()

    def call(self, service: str, operation: str, *path: str, **given: Any) -> Any:
        """Answer what an operation (`tag.name`) returned, parsed; it must have succeeded."""
        module = import_module(f"arrears_{service}.api.{operation}")
        answer = module.sync_detailed(*path, client=self._clients[service], **given)
        assert answer.status_code < 300, answer.content
        assert answer.parsed is not None, answer.content
        return answer.parsed

    def until(self, is_so: Callable[[], Any]) -> Any:
        """What a question answers once that is true."""
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not (found := is_so()):
            assert time.monotonic() < deadline, "it never came true"
            time.sleep(0.1)
        return found


def models(service: str) -> Any:
    return import_module(f"arrears_{service}.models")


def event(kind: str, creditor: str, account: str, **data: Any) -> Any:
    """A billing event as the ledger's client has it."""
    made = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "test",
        "type": f"billing.{kind}.v1",
        "time": datetime.now(UTC).isoformat(),
        "creditor": creditor,
        "subject": account,
        "data": {"account_id": account, **data},
    }
    return models("ledger").BillingEvent.from_dict(json.loads(json.dumps(made)))


def invoice(creditor: str, account: str, number: str, amount: int) -> Any:
    days = {"issued_on": str(DUE - timedelta(days=10)), "due_on": str(DUE)}
    given = {"invoice_id": number, "item": "medical_fee", "amount": amount, "currency": "CNY"}
    return event("invoice.issued", creditor, account, **given, **days)


def test_a_days_work_through_generated_clients(office: Office) -> None:
    m = models("dunning")
    given = {"name": "Ward", "time_zone": "Asia/Shanghai", "currency": "CNY"}
    set_up = office.call(
        "dunning",
        "creditors.set_up_creditor",
        CREDITOR,
        body=m.CreditorInput(policy="county-hospital", second_person_above=50_000, **given),
    )
    assert set_up.policy == "county-hospital"

    debtor = {"name": "张三", "kind": "natural_person", "phones": ["+8613800138000"]}
    events = [
        event("account.upserted", CREDITOR, "P-1", debtor=debtor),
        invoice(CREDITOR, "P-1", "INV-1", 830_000),
        event("account.upserted", CREDITOR, "P-2", debtor=debtor),
        invoice(CREDITOR, "P-2", "INV-2", 990_000),
    ]
    single = office.call("ledger", "events.send_events", body=events[0])
    batch = office.call("ledger", "events.send_event_batch", body=events[1:])
    assert {str(one.status) for one in (*single.events, *batch.events)} == {"accepted"}

    def cases() -> Any:
        sort = m.ListCasesSort.OWED
        listed = office.call("dunning", "cases.list_cases", creditor=CREDITOR, sort=sort)
        return listed.items if len(listed.items) == 2 else None

    found = office.until(cases)
    assert [(one.account, one.owed) for one in found] == [("P-2", 990_000), ("P-1", 830_000)]
    case = office.call("dunning", "cases.get_case", found[1].case_id)
    assert case.oldest_due_on == DUE

    where = {"creditor": CREDITOR}
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    promise = m.PromiseInput(amount=100_000, until=tomorrow, note="after payday")
    done = office.call("dunning", "accounts.record_promise", "P-1", body=promise, **where)
    assert "promise_made" in [one.kind for one in done.happened]
    office.call("dunning", "accounts.place_hold", "P-1", body=m.HoldInput(reason="abroad"), **where)
    released = office.call("dunning", "accounts.release_hold", "P-1", **where)
    assert "hold_released" in [one.kind for one in released.happened]
    dispute = m.DisputeInput(invoice_id="INV-1", reason="never stayed there")
    office.call("dunning", "accounts.open_dispute", "P-1", body=dispute, **where)
    tasks = office.call("dunning", "tasks.list_tasks", account="P-1", **where).items
    assert [one.kind for one in tasks] == ["dispute_review"]
    office.call(
        "dunning", "tasks.complete_task", tasks[0].task_id, body=m.TaskCompletion(note="looked up")
    )
    reduced = m.ResolutionInput(outcome=m.ResolutionInputOutcome.REDUCED, amount=800_000)
    office.call("dunning", "accounts.resolve_dispute", "P-1", body=reduced, **where)

    def balance() -> Any:
        figures = office.call("ledger", "accounts.get_balance", "P-1", **where)
        return figures if figures.principal == 800_000 else None

    assert office.until(balance).currency == "CNY"

    office.call("ledger", "events.send_events", body=invoice("nobody", "X-1", "INV-9", 1))
    letters = office.until(lambda: office.call("ledger", "dead_letters.list_dead_letters").items)
    assert [one.creditor for one in letters] == ["nobody"]
    why = models("ledger").LetterReason(reason="to see whether it is taken now")
    again = office.call("ledger", "dead_letters.retry_dead_letter", letters[0].id, body=why)
    assert again.resolved is False

    evidence = office.until(lambda: _evidence(office, found[1].case_id))
    assert zipfile.ZipFile(io.BytesIO(evidence)).testzip() is None


def _evidence(office: Office, case_id: str) -> bytes:
    file = office.call("legal", "evidence.get_evidence", case_id, creditor=CREDITOR)
    content: bytes = file.payload.read()
    return content
