"""A bundle is gathered from the services, proves itself offline, and betrays every change."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from typer.testing import CliRunner

from arrears.billing import cloud_event
from arrears.cli import app
from arrears.errors import UsageError
from arrears.evidence.verifying import BrokenBundle, verify
from arrears.live import listening, serving
from arrears.upstream import send
from arrears.world import World, one_lane, open_world
from chassis.errors import NotFound
from chassis.http.dev_keys import mint_token
from chassis.settings import SERVICES, Settings
from services.dunning.policy.load import SHIPPED
from services.legal.api.evidence import HEAD
from services.legal.evidence import bundle
from services.legal.evidence.bundle import MANIFEST, Entry
from services.legal.evidence.gathering import gather
from tests.support.ports import on_free_ports

ZONE = ZoneInfo("Asia/Shanghai")
BEGINS = datetime(2026, 3, 1, 10, tzinfo=ZONE)
ABOUT = {"creditor": "acme", "account": "A-1", "case_id": "c1"}
ENTRIES = [
    Entry("case.json", b"{}\n"),
    Entry("policy/01-mobile-v1.yaml", b"id: mobile\n"),
    Entry("timeline/0001-case_opened.json", b'{"a": 1}\n'),
    Entry("timeline/0002-promise_made.json", b'{"b": 1}\n'),
    Entry("notices/0001-reminder-sms.json", b'{"result": "delivered"}\n'),
    Entry("notices/0001-reminder-sms.txt", "请付款\n".encode()),
    Entry("documents/0001-complaint.txt", b"claim\n"),
    Entry("matter.json", b"{}\n"),
    Entry("account.json", b"{}\n"),
]
NAMES = [entry.name for entry in ENTRIES]


def exported() -> tuple[bytes, str]:
    return bundle.write(ENTRIES, ABOUT)


def entries_of(data: bytes) -> list[Entry]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [Entry(name, archive.read(name)) for name in archive.namelist()]


def tampered(change: Callable[[list[Entry]], None]) -> bytes:
    """The bundle after somebody took it apart and put it together again."""
    files = entries_of(exported()[0])
    change(files)
    return bundle.pack(files)


def test_a_bundle_proves_itself_and_says_what_it_is_about() -> None:
    data, head = exported()
    proven = verify(data, head)
    assert (proven.about, proven.entries, proven.head) == (ABOUT, len(ENTRIES), head)


def test_the_same_content_gives_the_same_bytes() -> None:
    assert exported() == exported()


@pytest.mark.parametrize("name", NAMES)
def test_one_altered_byte_is_found_in_every_kind_of_entry(name: str) -> None:
    def change(files: list[Entry]) -> None:
        place = [one.name for one in files].index(name)
        files[place] = Entry(name, files[place].content[:-1] + b" ")

    with pytest.raises(BrokenBundle, match=f"^altered: {re.escape(name)}$"):
        verify(tampered(change))


@pytest.mark.parametrize("name", [*NAMES, MANIFEST])
def test_a_missing_entry_is_named(name: str) -> None:
    def change(files: list[Entry]) -> None:
        files[:] = [one for one in files if one.name != name]

    with pytest.raises(BrokenBundle, match=f"^missing: {re.escape(name)}$"):
        verify(tampered(change))


@pytest.mark.parametrize("place", range(len(ENTRIES) + 2))
def test_an_added_entry_is_named_wherever_it_stands(place: int) -> None:
    def change(files: list[Entry]) -> None:
        files.insert(place, Entry("notices/9999-kind.txt", b"we were kind\n"))

    with pytest.raises(BrokenBundle, match=r"^added: notices/9999-kind\.txt$"):
        verify(tampered(change))


@pytest.mark.parametrize("place", range(len(ENTRIES) - 1))
def test_the_first_entry_out_of_its_place_is_named(place: int) -> None:
    def change(files: list[Entry]) -> None:
        files[place], files[place + 1] = files[place + 1], files[place]

    words = f"reordered: {NAMES[place + 1]} stands where {NAMES[place]} was"
    with pytest.raises(BrokenBundle, match=f"^{re.escape(words)}$"):
        verify(tampered(change))


def test_of_several_changes_the_first_is_named() -> None:
    def change(files: list[Entry]) -> None:
        files[4] = Entry(files[4].name, b"{}")
        files[2] = Entry(files[2].name, b"{}")

    with pytest.raises(BrokenBundle, match=f"^altered: {re.escape(NAMES[2])}$"):
        verify(tampered(change))


def change_manifest(edit: Callable[[dict[str, object]], None]) -> bytes:
    def change(files: list[Entry]) -> None:
        manifest = json.loads(files[-1].content)
        edit(manifest)
        files[-1] = Entry(MANIFEST, bundle.sorted_json(manifest))

    return tampered(change)


def _swap(manifest: dict[str, object]) -> None:
    entries = manifest["entries"]
    assert isinstance(entries, list)
    entries[1], entries[2] = entries[2], entries[1]


def _drop(manifest: dict[str, object]) -> None:
    entries = manifest["entries"]
    assert isinstance(entries, list)
    del entries[3]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (_swap, r"entry 2 \(timeline/0001-case_opened\.json\)"),
        (_drop, r"entry 4 \(notices/0001-reminder-sms\.json\)"),
        (lambda manifest: manifest.update(head="0" * 64), "the head is not the last link"),
        (lambda manifest: manifest.update(about={"case_id": "c2"}), r"entry 1 \(case\.json\)"),
        (lambda manifest: manifest.update(format="other/1"), "of the format"),
        (lambda manifest: manifest.update(more=1), "more: Extra inputs"),
    ],
)
def test_an_altered_manifest_is_found(
    edit: Callable[[dict[str, object]], None], words: str
) -> None:
    with pytest.raises(BrokenBundle, match=f"altered: {MANIFEST}.*{words}"):
        verify(change_manifest(edit))


def test_a_chain_made_anew_is_found_by_the_head_alone() -> None:
    _, head = exported()
    forged, _ = bundle.write([Entry("case.json", b"[]\n"), *ENTRIES[1:]], ABOUT)
    assert verify(forged).entries == len(ENTRIES)
    with pytest.raises(BrokenBundle, match=f"exported was {head}"):
        verify(forged, head)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"#!" + data,
        lambda data: data + b"more",
        lambda data: data.replace(b"PK\x01\x02\x14\x03", b"PK\x01\x02\x15\x03", 1),
    ],
)
def test_bytes_beside_the_entries_are_found(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BrokenBundle):
        verify(spoil(exported()[0]))


@pytest.mark.parametrize("data", [b"", b"no zip", exported()[0][:200]])
def test_what_is_no_bundle_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(BrokenBundle, match="no readable ZIP"):
        verify(data)


def test_the_command_says_what_it_proved_and_what_broke(tmp_path: Path) -> None:
    data, head = exported()
    file = tmp_path / "case.zip"
    file.write_bytes(data)
    good = CliRunner().invoke(app, ["evidence", "verify", str(file), "--head", head])
    assert (good.exit_code, "9 entries, none altered" in good.output) == (0, True)
    file.write_bytes(data.replace(b"id: mobile", b"id: Mobile"))
    broken = CliRunner().invoke(app, ["evidence", "verify", str(file)])
    assert isinstance(broken.exception, UsageError)
    assert "policy/01-mobile-v1.yaml" in str(broken.exception)


async def a_case(world: World) -> str:
    """A debtor who was reminded, promised, broke it and was written to; the case runs."""
    await world.begin(BEGINS)
    body = {"name": "Acme", "time_zone": "Asia/Shanghai", "currency": "CNY", "policy": "mobile"}
    await world.apis.call("dunning", "PUT", "/v1/creditors/acme", json=body)
    debtor = {"name": "Li", "kind": "natural_person", "phones": ["+8613800100001"]}
    invoice = {"invoice_id": "I-1", "item": "calls", "amount": 9000, "currency": "CNY"}
    days = {"issued_on": "2026-03-01", "due_on": "2026-03-05"}
    told: list[tuple[str, dict[str, object]]] = [
        ("account.upserted.v1", {"debtor": debtor}),
        ("invoice.issued.v1", {**invoice, **days}),
    ]
    events = [
        cloud_event(kind, creditor="acme", account="A-1", id=kind, at=BEGINS,
                    data={"account_id": "A-1", **data}, source="tests")
        for kind, data in told
    ]  # fmt: skip
    simulation = world.simulation()
    await simulation.settle()
    assert await send(world.apis, events) == []
    await simulation.settle()
    await simulation.run_until(BEGINS + timedelta(days=7))
    promise = {"amount": 9000, "until": "2026-03-10", "note": "on Tuesday"}
    await world.apis.post("dunning", "/v1/accounts/A-1/promises", promise, creditor="acme")
    await world.apis.post("dunning", "/v1/accounts/A-1/replies", {"note": "hm"}, creditor="acme")
    await simulation.settle()
    await simulation.run_until(BEGINS + timedelta(days=190))
    shown = await world.apis.get("dunning", "/v1/accounts/A-1", creditor="acme")
    case_id: str = shown["case_id"]
    return case_id


async def test_a_cases_evidence_is_gathered_whole(tmp_path: Path) -> None:
    async with open_world(one_lane(Settings()), tmp_path) as world:
        case_id = await a_case(world)
        entries, about = await gather(world.apis, "acme", case_id)
        with pytest.raises(NotFound, match="not one of creditor other"):
            await gather(world.apis, "other", case_id)
    data, head = bundle.write(entries, about)
    assert verify(data, head).about["case_id"] == case_id
    held = {entry.name: entry.content for entry in entries}
    assert held["policy/01-mobile-v1.yaml"] == (SHIPPED / "mobile.yaml").read_bytes()
    kinds = [name.split("-", 1)[1] for name in held if name.startswith("timeline/")]
    assert kinds[0] == "case_opened.json"
    wanted = {"notice.json", "promise_made.json", "reply_recorded.json", "promise_broken.json"}
    assert wanted | {"restrict.json", "legal.json", "task.json"} <= set(kinds)
    assert "90.00" in held["notices/0001-reminder-sms.txt"].decode()
    assert json.loads(held["notices/0001-reminder-sms.json"])["state"] == "sent"
    assert "Li" in held["documents/0001-complaint.txt"].decode()
    assert [name for name in held if name.startswith("timeline")][-1] == "timeline.txt"
    assert json.loads(held["matter.json"])["open"] is True
    page = held["statement.txt"].decode()
    assert "item_opened I-1: CNY 90.00, balance CNY 90.00" in page
    assert page.endswith("late fee accrued CNY 0.00, in all CNY 90.00\n")


async def test_lawyers_get_the_bundle_over_http(tmp_path: Path) -> None:
    settings = on_free_ports(one_lane(Settings()))
    async with open_world(settings, tmp_path) as world:
        case_id = await a_case(world)
        gathered, _ = await gather(world.apis, "acme", case_id)
        place = f"http://127.0.0.1:{settings.legal_port}/v1/cases/{case_id}/evidence"

        async def asked(role: str, creditors: list[str], place: str = place) -> httpx.Response:
            token = mint_token(tmp_path, [role], creditors, role)
            async with httpx.AsyncClient() as client:
                return await client.get(place, headers={"Authorization": f"Bearer {token}"})

        with listening(settings, SERVICES) as sockets:
            async with serving(world.stack, sockets):
                given = await asked("legal", ["acme"])
                refused = [await asked(role, ["acme"]) for role in ("collector", "auditor", "sre")]
                others = await asked("manager", ["other"])
                none = await asked("manager", ["acme"], place.replace(case_id, "no-case"))
    assert given.headers["Content-Type"] == "application/zip"
    assert verify(given.content, given.headers[HEAD]).about["case_id"] == case_id
    assert entries_of(given.content)[:-1] == gathered
    assert {one.status_code for one in refused} == {403}
    assert (others.status_code, none.status_code) == (404, 404)
