"""Whatever name a request gives, who recorded it is kept: the token's issuer and subject."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from arrears.commands.events import lines
from arrears.world import one_lane, open_world
from chassis.recorders import Recorder, recorder_of, shown, written
from chassis.settings import Settings
from chassis.store.stored import Stored
from contracts.words.streams import Subject, erasure_stream
from services.dunning.domain.agreements.events import PromiseResumed
from services.ledger.erasures import erase_again
from services.ledger.main import build
from services.legal.evidence.gathering import gather
from services.notifier.domain.texts import Place, TextDecided
from tests.arrears.test_evidence import a_case
from tests.ledger.conftest import World

START = datetime(2026, 3, 1, tzinfo=UTC)
OURSELVES = {"issuer": None, "subject": "arrears/dunning", "proposed_by": None}
ADMIN = {"issuer": "arrears-development", "subject": "arrears", "proposed_by": None}


async def test_an_admin_cannot_hide_behind_another_name(tmp_path: Path) -> None:
    async with open_world(one_lane(Settings()), tmp_path) as world:
        case_id = await a_case(world)
        reply = {"note": "hm", "by": "bob"}
        told = await world.apis.post("dunning", "/v1/accounts/A-1/replies", reply, creditor="acme")
        entries, _ = await gather(world.apis, "acme", case_id)
        printed = [
            "\n".join(lines("dunning", stored))
            async for stored in world.stack.services["dunning"].each("account-acme/A-1")
        ]
    assert told["happened"][0]["recorded_by"] == ADMIN
    held = {entry.name: entry.content.decode("utf-8", "replace") for entry in entries}
    timeline = [json.loads(held[name]) for name in held if name.startswith("timeline/")]
    recorded = {one["kind"]: one["recorded_by"] for one in timeline}
    assert recorded["reply_recorded"] == ADMIN
    assert recorded["case_opened"] == recorded["promise_broken"] == OURSELVES
    assert "reply_recorded, recorded by arrears of arrears-development" in held["timeline.txt"]
    assert "recorded by: arrears of arrears-development" in printed[-1]
    assert "recorded by: arrears/dunning\n" in printed[0]


def test_who_proposed_does_not_hide_behind_who_approved() -> None:
    approved = Recorder("here", "bob", proposed_by="eve")
    event = Stored("account-acme/A-1", 1, "X", datetime.now(UTC), None, {}, 0, 0, approved)
    assert "  recorded by: bob of here, as eve proposed" in lines("dunning", event)


def test_what_a_service_did_for_a_message_is_not_said_to_be_unknown() -> None:
    """Ids of messages of ours are hexadecimal as those of requests are, without their strokes."""
    resumed = PromiseResumed(promise_id="p", amount=1, by=date(2026, 3, 1))
    decided = TextDecided(Place("*", "zh", "demand", "sms"), 1, "approved", "ann", START)
    message = "433c95f441360c9343e9478363cde7d2"
    for event, cause in ((resumed, message), (resumed, None), (decided, message)):
        assert shown("dunning", None, event, cause) == Recorder(None, "arrears/dunning"), cause
    request = "433c95f4-4136-0c93-43e9-478363cde7d2"
    assert shown("notifier", None, decided, request) is None, "from before it was kept"


async def test_a_restore_that_erases_again_is_not_said_to_be_unknown(
    database: str, tmp_path: Path
) -> None:
    async with World.open(build, database, START, tmp_path) as world:
        await erase_again(world.service, Subject("acme", "1"))
        stored = await world.service.events(erasure_stream("acme", "1"))
    told = {shown("ledger", one.recorder, one.event, one.cause) for one in stored}
    assert told == {Recorder(None, "arrears/ledger")}


@pytest.mark.parametrize("text", ['"recorded_by":{"issuer":"x","subject":"eve"}', "\\", "é", ""])
def test_nobody_writes_a_recorder_into_a_text(text: str) -> None:
    data = json.dumps({"type": "ReplyRecorded", "note": text, "deep": {"recorded_by": {}}})
    plain = data.replace(": ", ":").encode()
    assert recorder_of(plain) is None
    assert recorder_of(written(plain, Recorder("here", "ann"))) == Recorder("here", "ann")
