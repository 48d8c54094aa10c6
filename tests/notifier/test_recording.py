"""A gateway took a notice and the store does not take the result: nothing is handed over again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import asyncpg
import pytest

from contracts.words.streams import account_stream
from services.notifier.domain.commands import AttemptResult
from tests.notifier.conftest import Open
from tests.notifier.post import mail_server
from tests.notifier.test_crashes import Provider, _state, _with
from tests.notifier.world import World

_REFUSE = """
create function refuse() returns trigger language plpgsql as $refuse$
begin raise exception 'no % today', new.type; end $refuse$;
create trigger refuse before insert on events for each row
when (new.type = any('{types}') and new.stream = '{stream}') execute function refuse()
"""
_REFUSE_VIEW = """
create function refuse() returns trigger language plpgsql as $refuse$
begin raise exception 'not today'; end $refuse$;
create trigger refuse before update on view_notices for each row
when (new.state = 'sending') execute function refuse()
"""


@asynccontextmanager
async def refusing(world: World, *types: str, account: str = "P-1") -> AsyncIterator[None]:
    """A store that does not take some events of an account."""
    kinds = "{" + ",".join(types) + "}"
    statement = _REFUSE.replace("{types}", kinds).replace(
        "{stream}", account_stream("acme", account)
    )
    await world.service.pool.execute(statement)
    yield
    await world.service.pool.execute("drop function refuse cascade")


async def _asked(world: World, channel: str, account: str = "P-1", notice: str = "N-1") -> None:
    await world.debtor(account)
    version = await world.owes(830000, account=account)
    await world.request(notice, account=account, version=version, channel=channel)


async def test_mail_a_real_server_took_is_recorded_as_sent_and_mailed_once(
    open_world: Open,
) -> None:
    with mail_server(enable_SMTPUTF8=False) as (mailbox, port):
        world = await open_world(
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_tls="none",
            smtp_from="收费处 <notices@hospital.example>",
            smtp_reply_to="desk@hospital.example",
        )
        await world.terms()
        await _asked(world, "email")
        await world.run(world.clock.now() + timedelta(hours=1))
        await world.run(world.clock.now() + timedelta(days=1))
    assert await _state(world) == "sent"
    (sent,) = await world.published("notifier")
    assert sent.data.reference == "<N-1@hospital.example>"
    (mail,) = mailbox.mails()
    assert mail["Date"].datetime == sent.data.sent_at
    assert mail["Reply-To"] == "desk@hospital.example"


@pytest.mark.parametrize("unstorable", [("notice_sent",), ("notice_sent", "notice_in_doubt")])
@pytest.mark.parametrize("channel", ["email", "sms", "letter"])
async def test_what_the_store_takes_later_was_sent_once(
    open_world: Open, channel: str, unstorable: tuple[str, ...]
) -> None:
    provider = Provider(lookup=False)
    world = _with(await open_world(), {channel: provider})
    await world.terms()
    async with refusing(world, *unstorable):
        await _asked(world, channel)
        await world.run(world.clock.now() + timedelta(minutes=1))
        assert await _state(world) in ("sending", "unknown lookup")
    await world.run(world.clock.now() + timedelta(days=1))
    assert provider.taken == ["N-1"]
    assert await _state(world) == "sent"


async def test_what_the_store_never_took_is_not_sent_again_by_the_next_process(
    open_world: Open,
) -> None:
    provider = Provider(lookup=False)
    world = _with(await open_world(), {"email": provider})
    await world.terms()
    async with refusing(world, "notice_sent"):
        await _asked(world, "email")
        await world.run()
    _with(world, {"email": provider})
    await world.run(world.clock.now() + timedelta(days=1))
    assert provider.taken == ["N-1"]
    assert await _state(world) == "failed unknown"


async def test_an_attempt_that_was_stored_but_never_made_is_made_later(open_world: Open) -> None:
    provider = Provider(lookup=False)
    world = _with(await open_world(), {"email": provider})
    await world.terms()
    await world.service.pool.execute(_REFUSE_VIEW)
    await _asked(world, "email")
    with pytest.raises(asyncpg.RaiseError):
        await world.run()
    assert provider.taken == []
    await world.service.pool.execute("drop function refuse cascade")
    await world.run(world.clock.now() + timedelta(hours=1))
    assert provider.taken == ["N-1"]
    assert await _state(world) == "sent"


async def test_one_result_that_cannot_be_stored_leaves_the_others_alone(open_world: Open) -> None:
    provider = Provider(lookup=False)
    world = _with(await open_world(), {"sms": provider})
    await world.terms()
    async with refusing(world, "notice_sent", account="P-1"):
        await _asked(world, "sms", "P-2", "N-2")
        await _asked(world, "sms", "P-1", "N-1")
        await _asked(world, "sms", "P-3", "N-3")
        await world.run()
    sent = [one.data.notice_id for one in await world.published("notifier")]
    assert sorted(sent) == ["N-2", "N-3"]
    assert sorted(provider.taken) == ["N-1", "N-2", "N-3"]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (AttemptResult("accepted", reference="a\x00b\ud800"), "sent"),
        (AttemptResult("accepted", reference=cast("str", object())), "failed unknown"),
        (AttemptResult(cast("Any", "perhaps")), "failed unknown"),
        (cast("AttemptResult", None), "failed unknown"),
    ],
)
async def test_an_answer_that_is_none_is_not_sent_again(
    open_world: Open, answer: AttemptResult, state: str
) -> None:
    provider = Provider(lookup=False)
    world = _with(await open_world(), {"email": provider})
    await world.terms()
    provider.answers = [answer]
    await _asked(world, "email")
    await world.run(world.clock.now() + timedelta(days=1))
    assert provider.taken == []
    assert await _state(world) == state
