"""Reminders by e-mail can be declined by one click; what the law asks for goes on."""

import re
from email import message_from_bytes, policy
from typing import Any

import httpx
import pytest

from chassis.errors import Misconfigured
from chassis.recorders import Recorder, shown
from contracts.words.streams import account_stream
from services.notifier.unsubscribing import Declined, Tokens
from tests.notifier.conftest import Open
from tests.notifier.post import Mailbox, mail_server
from tests.notifier.world import World
from tests.support.service_world import ACCOUNT

NEW, OLD = "new" * 11, "old" * 11
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
WHOSE = Declined("acme", ACCOUNT, "email")
LINKS: dict[str, Any] = {
    "public_url": "https://notices.acme.example/",
    "unsubscribe_secret": f"{NEW} {OLD}",
    "unsubscribe_mailto": "stop@acme.example",
}


@pytest.fixture
async def linked(open_world: Open) -> World:
    world = await open_world(**LINKS)
    await world.terms()
    await world.debtor()
    return world


async def _call(world: World, method: str, path: str, **given: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app=world.service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        return await client.request(method, path, **given)


async def _opt_outs(world: World) -> list[str]:
    async with world.client("manager") as client:
        found: list[str] = (await client.get(f"/v1/accounts/{ACCOUNT}/opt-outs")).json()["channels"]
    return found


def _path(*keys: bytes) -> str:
    return "/v1/unsubscribe/" + Tokens(keys or [NEW.encode()]).sign(WHOSE)


async def _send(world: World, notice: str, **changes: Any) -> None:
    await world.request(notice, version=await world.owes(830000), channel="email", **changes)
    await world.run()


async def _state(world: World, notice: str) -> str:
    async with world.client("manager") as client:
        row = (await client.get(f"/v1/notices/{notice}")).json()
    return f"{row['state']} {row['reason']}".strip()


async def test_a_reminder_as_a_file_bears_the_links_too(linked: World) -> None:
    await _send(linked, "N-1")
    await _send(linked, "N-2", purpose="demand")
    reminder, demand = (
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(linked.outbox.rglob("*.eml"))
    )
    assert reminder["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "https://notices.acme.example/v1/unsubscribe/" in reminder["List-Unsubscribe"]
    assert demand["List-Unsubscribe"] is None


async def test_who_declines_by_a_link_is_not_said_to_be_unknown(linked: World) -> None:
    assert (await _call(linked, "POST", _path(), data=ONE_CLICK)).status_code == 200
    stored = (await linked.service.events(account_stream("acme", ACCOUNT)))[-1]
    assert stored.event.by == "unsubscribe-link"
    recorder = shown("notifier", stored.recorder, stored.event, stored.cause)
    assert recorder == Recorder(None, "arrears/notifier")


async def test_the_link_of_a_reminder_declines_reminders_and_nothing_else(
    open_world: Open,
) -> None:
    with mail_server(enable_SMTPUTF8=False) as (mailbox, port):
        smtp = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none"}
        world = await open_world(**LINKS, **smtp, smtp_from="notices@acme.example")
        await world.terms()
        await world.debtor()
        await _send(world, "N-1")
        await _send(world, "N-2", purpose="demand")
    reminder, demand = mailbox.mails()
    assert (demand["List-Unsubscribe"], demand["List-Unsubscribe-Post"]) == (None, None)
    assert reminder["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    web, mail = re.findall(r"<([^<>\s]+)>", _sent_header(mailbox))
    assert mail == "mailto:stop@acme.example?subject=" + web.rpartition("/")[2]
    assert web.startswith("https://notices.acme.example/v1/unsubscribe/")
    answer = await _call(world, "POST", web.partition(".example")[2], data=ONE_CLICK)
    assert answer.status_code == 200
    await _send(world, "N-3")
    await _send(world, "N-4", purpose="final_demand")
    assert await _state(world, "N-3") == "suppressed opted_out"
    assert await _state(world, "N-4") != "suppressed opted_out"


def _sent_header(mailbox: Mailbox) -> str:
    """As it was on the wire, lines joined."""
    raw = (mailbox.taken[0].original_content or b"").decode("ascii")
    unfolded = re.sub(r"\r\n[ \t]", " ", raw.partition("\r\n\r\n")[0])
    (found,) = re.findall(r"^List-Unsubscribe: (.*)$", unfolded, re.MULTILINE)
    assert isinstance(found, str)
    return found


async def test_looking_at_the_link_changes_nothing(linked: World) -> None:
    chinese = {"accept-language": "zh-CN,en;q=0.5"}
    answer = await _call(linked, "GET", _path(), headers=chinese)
    assert answer.status_code == 200
    assert "不再接收提醒邮件" in answer.text
    assert '<form method="post">' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert await _opt_outs(linked) == []


@pytest.mark.parametrize(
    "form", [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}]
)
async def test_both_forms_of_the_rfc_are_taken_and_twice_is_once(
    linked: World, form: dict[str, Any]
) -> None:
    for _ in range(2):
        assert (await _call(linked, "POST", _path(), **form)).status_code == 200
    assert await _opt_outs(linked) == ["email:reminder"]
    async with linked.client("collector") as client:
        await client.delete(f"/v1/accounts/{ACCOUNT}/opt-outs/email:reminder")
    assert await _opt_outs(linked) == []


async def test_a_link_of_an_older_key_is_good_while_the_key_is_listed(linked: World) -> None:
    assert (await _call(linked, "POST", _path(OLD.encode()), data=ONE_CLICK)).status_code == 200
    assert (await _call(linked, "POST", _path(b"gone"), data=ONE_CLICK)).status_code == 404


@pytest.mark.parametrize("token", ["x", "a.b", "é.é", "…", "YWNtZQ.", "A" * 5000])
async def test_a_link_nobody_made_is_refused(linked: World, token: str) -> None:
    path = f"/v1/unsubscribe/{token}"
    for method in ("GET", "POST"):
        assert (await _call(linked, method, path, data=ONE_CLICK)).status_code == 404


async def test_another_account_under_the_same_mac_is_refused(linked: World) -> None:
    other = Tokens([b"x"]).sign(Declined("acme", "P-2", "email"))
    forged = f"{other.partition('.')[0]}.{_path().rpartition('.')[2]}"
    answer = await _call(linked, "POST", f"/v1/unsubscribe/{forged}", data=ONE_CLICK)
    assert answer.status_code == 404


async def test_without_the_words_of_the_rfc_nothing_is_declined(linked: World) -> None:
    assert (await _call(linked, "POST", _path(), data={"x": "y"})).status_code == 422
    assert await _opt_outs(linked) == []


async def test_without_a_public_url_there_is_no_header(world: World) -> None:
    await world.debtor()
    await _send(world, "N-1")
    raw = next(world.outbox.rglob("*.eml")).read_bytes()
    assert message_from_bytes(raw, policy=policy.default)["List-Unsubscribe"] is None
    assert (await _call(world, "POST", _path(), data=ONE_CLICK)).status_code == 404


async def test_links_without_a_secret_are_refused_at_the_start(open_world: Open) -> None:
    with pytest.raises(Misconfigured, match="UNSUBSCRIBE_SECRET"):
        await open_world(public_url="https://notices.acme.example")
