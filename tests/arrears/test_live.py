"""`arrears up` and the commands that talk to it, as a person runs them: separate processes."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import READY_SECONDS_MAX, System


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One that several tests talk to, each of a creditor of its own."""
    system = System(tmp_path_factory.mktemp("running"))
    with system.running():
        yield system


def set_up(system: System, zone: str = "Asia/Shanghai") -> None:
    body = {"name": "m", "time_zone": zone, "currency": "CNY", "policy": "mobile"}
    system.call("dunning", "PUT", "/v1/creditors/mobile", "manager", body)


def invoice(number: int, amount: int, creditor: str = "mobile") -> str:
    data = {
        "invoice_id": f"I-{number}",
        "account_id": f"A-{number}",
        "item": "telephone_fee",
        "amount": amount,
        "currency": "CNY",
        "issued_on": "2026-01-01",
        "due_on": "2099-01-31",
    }
    event = {
        "specversion": "1.0",
        "id": f"E-{number}",
        "source": "test",
        "type": "billing.invoice.issued.v1",
        "subject": f"A-{number}",
        "time": "2026-01-01T00:00:00Z",
        "datacontenttype": "application/json",
        "creditor": creditor,
        "data": data,
    }
    return json.dumps(event, separators=(",", ":"))


def test_what_was_accepted_is_there_after_a_restart(system: System) -> None:
    file = system.folder / "events.jsonl"
    lines = [invoice(1, 500), invoice(2, -1), "{not json", invoice(3, 700)]
    file.write_text("\n".join(lines))
    with system.running():
        set_up(system)
        published = system.arrears("publish", str(file))
        assert published.returncode == 1
        assert published.stdout.strip() == "2 accepted, 2 refused"
        assert f"{file}:2: data.amount" in published.stderr
        assert f"{file}:3: is not JSON" in published.stderr
    with system.running():
        assert (system.principal("A-1"), system.principal("A-3")) == (500, 700)
        letters = system.arrears("dead-letters", "list")
        assert letters.stdout.endswith("0 dead letters\n")
        replayed = system.arrears("replay", "ledger")
        assert "nothing came out different" in replayed.stdout
        assert system.principal("A-1") == 500
    replayed = system.arrears("replay", "dunning")
    assert "nothing came out different" in replayed.stdout


def test_a_parked_message_is_listed_shown_and_retried(running: System) -> None:
    """An invoice of a creditor nobody set up is parked; the set-up makes it worth another try."""
    file = running.folder / "events.jsonl"
    file.write_text(invoice(1, 500, "nobody"))
    assert running.arrears("publish", str(file)).returncode == 0
    listed = _wait_for_letter(running)
    (line, _) = listed.splitlines()
    assert line.startswith("ledger 1 parked, ")
    assert ", nobody/A-1: billing.invoice.issued.v1, id E-1: " in line
    shown = running.arrears("dead-letters", "show", "1", "--service", "ledger")
    assert '"invoice_id":"I-1"' in shown.stdout
    said = ("--service", "ledger", "--by", "ann", "--why", "the creditor was set up")
    refused = running.arrears("dead-letters", "retry", "1", *said)
    assert refused.returncode == 2
    assert "1 was refused again: " in refused.stderr
    discarded = running.arrears("dead-letters", "discard", "1", *said)
    assert discarded.stdout == "1 is discarded\n"
    shown = running.arrears("dead-letters", "show", "1", "--service", "ledger")
    assert "retried by ann, because: the creditor was set up" in shown.stdout
    assert "state: discarded" in shown.stdout


def test_a_proposal_is_listed_shown_and_decided_by_another(running: System) -> None:
    for zone in ("Asia/Shanghai", "Asia/Tokyo", "Asia/Seoul"):
        set_up(running, zone)
    one, other, count = running.arrears("proposals", "list").stdout.splitlines()
    assert count == "2 proposals"
    assert ", mobile/*: set_up_creditor, proposed by " in one
    shown = running.arrears("proposals", "show", proposal := one.split()[1]).stdout
    assert "\nasked:\n" in shown
    assert "\n  time_zone: Asia/Tokyo\n" in shown
    by = one.rpartition(" ")[2]
    refused = running.arrears("proposals", "approve", proposal, "--by", by)
    assert (refused.returncode, "needs a second person" in refused.stderr) == (2, True)
    approved = running.arrears("proposals", "approve", proposal, "--by", "bob")
    assert approved.stdout == f"set_up_creditor of {by} is approved by bob\n"
    said = ("--by", "bob", "--why", "we never moved there")
    rejected = running.arrears("proposals", "reject", other.split()[1], *said)
    assert rejected.stdout == f"set_up_creditor of {by} is rejected by bob\n"
    shown = running.arrears("proposals", "show", other.split()[1]).stdout
    assert "decided_reason: we never moved there\n" in shown
    unknown = running.arrears("proposals", "show", "nothing")
    assert (unknown.returncode, unknown.stderr.strip()) == (
        2,
        "there is no proposal nothing: `arrears proposals list` has them",
    )


def _wait_for_letter(system: System) -> str:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        listed = system.arrears("dead-letters", "list", "--service", "ledger").stdout
        if listed and listed != "0 dead letters\n":
            return listed
    raise AssertionError("nothing was parked")


def test_commands_say_that_nothing_runs(system: System) -> None:
    listed = system.arrears("dead-letters", "list")
    assert listed.returncode == 2
    assert listed.stderr.strip() == (
        f"the ledger does not answer on http://127.0.0.1:{system.ports['ledger']}: "
        "does it run, and does ARREARS_LEDGER_URL say where?"
    )


def test_a_port_that_is_taken_is_named(system: System) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", system.ports["dunning"]))
        taken.listen()
        up = system.arrears("up")
    assert up.returncode == 2
    assert f"port {system.ports['dunning']} on 127.0.0.1 cannot be used" in up.stderr
