"""What a dialler's calls are to the person called, and to the case."""

from datetime import date
from typing import Any

from contracts import dunning, notifier
from tests.dunning.app.test_one_person import RULES, A, B, asked
from tests.dunning.app.world import World, local

BY_VOICE = RULES.replace("channels: [sms]", "channels: [voice]")
TEMPLATE = "*/zh/reminder.voice@2"


async def called(world: World) -> str:
    """A is called about a notice on the 6th; answers its id."""
    await world.set_up(None, policy_document=BY_VOICE, parameters={"contacts_max": 1})
    await world.knows("张三", A, debtor_id="PERSON-1")
    await world.owes(10000, date(2026, 3, 5), account=A, item=f"I-{A}")
    await world.run_until(local(3, 6))
    (wanted,) = await world.of(dunning.NoticeRequested)
    await call(world, wanted.data.notice_id, 1)
    return str(wanted.data.notice_id)


async def call(world: World, notice_id: str, number: int, how: str = "no_answer") -> None:
    """A call is made now, and nobody takes it."""
    given: dict[str, Any] = {"notice_id": notice_id, "account_id": A, "channel": "voice"}
    now = world.clock.now()
    made = {"to": "+86138****", "content_hash": "a3f1" * 16, "template": TEMPLATE}
    sent = given | made | {"sent_at": now, "call": number}
    await world.tell(notifier.NoticeSent.model_validate(sent), A)
    taken = given | {"how": how, "at": now, "call": number}
    await world.tell(notifier.CallUnanswered.model_validate(taken), A)


async def b_falls_due(world: World) -> None:
    """Another account of the same person, in another lane: its notice would go on the 13th."""
    await world.knows("张三", B, debtor_id="PERSON-1")
    await world.owes(10000, date(2026, 3, 12), account=B, item=f"I-{B}")


async def test_each_further_call_counts_for_the_person_once(world: World) -> None:
    notice_id = await called(world)
    await world.run_until(local(3, 9))
    for _ in range(2):
        await call(world, notice_id, 2)
    assert await planned(world) == [(2, "13 08:00"), (3, "16 08:00")]
    await b_falls_due(world)
    await world.run_until(local(3, 24))
    assert await asked(world) == [f"{A} 06 09:00", f"{B} 23 08:00"]


async def test_calls_that_were_made_count_though_the_notice_was_given_up(world: World) -> None:
    notice_id = await called(world)
    await world.run_until(local(3, 9))
    await call(world, notice_id, 2)
    paid = notifier.NoticeSuppressed(
        notice_id=notice_id, account_id=A, channel="voice", reason="cleared", at=world.clock.now()
    )
    await world.tell(paid, A)
    await b_falls_due(world)
    await world.run_until(local(3, 17))
    assert await asked(world) == [f"{A} 06 09:00", f"{B} 16 08:00"]


async def planned(world: World) -> list[tuple[int, str]]:
    found = await world.of(dunning.CallPlanned)
    zone = local(3, 1).tzinfo
    return [
        (one.data.call, one.data.not_before.astimezone(zone).strftime("%d %H:%M")) for one in found
    ]


async def test_the_next_call_waits_for_what_the_persons_other_account_had(world: World) -> None:
    await world.set_up(None, policy_document=BY_VOICE, parameters={"contacts_max": 2})
    for account in (B, A):
        await world.knows("张三", account, debtor_id="PERSON-1")
    await world.owes(10000, date(2026, 3, 4), account=B, item=f"I-{B}")
    await world.owes(10000, date(2026, 3, 5), account=A, item=f"I-{A}")
    await world.run_until(local(3, 6))
    assert await asked(world) == [f"{A} 06 09:00", f"{B} 05 09:00"]
    (wanted,) = [one for one in await world.of(dunning.NoticeRequested) if one.subject == A]
    await call(world, wanted.data.notice_id, 1)
    assert await planned(world) == [(2, "12 08:00")]


async def test_what_the_other_account_wants_waits_for_the_call_that_is_planned(
    world: World,
) -> None:
    await world.set_up(None, policy_document=BY_VOICE, parameters={"contacts_max": 2})
    await world.knows("张三", A, debtor_id="PERSON-1")
    await world.owes(10000, date(2026, 3, 5), account=A, item=f"I-{A}")
    await world.run_until(local(3, 6))
    (wanted,) = await world.of(dunning.NoticeRequested)
    await call(world, wanted.data.notice_id, 1)
    assert await planned(world) == [(2, "07 08:00")]
    await world.knows("张三", B, debtor_id="PERSON-1")
    await world.owes(10000, date(2026, 3, 6), account=B, item=f"I-{B}")
    await world.run_until(local(3, 8))
    assert await asked(world) == [f"{A} 06 09:00"]
    await call(world, wanted.data.notice_id, 2, "busy")
    assert (await planned(world))[1:] == [(3, "13 08:00")]
    await world.run_until(local(3, 16))
    assert (await asked(world))[1:] == [f"{B} 15 08:00"]


async def test_a_planned_call_that_does_not_come_is_no_contact(world: World) -> None:
    notice_id = await called(world)
    failed = notifier.NoticeFailed(
        notice_id=notice_id, account_id=A, channel="voice", reason="failed", at=world.clock.now()
    )
    await world.tell(failed, A)
    await b_falls_due(world)
    await world.run_until(local(3, 17))
    assert await asked(world) == [f"{A} 06 09:00", f"{B} 13 09:00"]


async def test_a_call_about_a_notice_of_which_nothing_is_known_is_no_contact(world: World) -> None:
    await world.set_up(None, policy_document=BY_VOICE, parameters={"contacts_max": 1})
    await world.knows("张三", A, debtor_id="PERSON-1")
    await world.run_until(local(3, 9))
    await call(world, "N-of-another-time", 2)
    await b_falls_due(world)
    await world.run_until(local(3, 17))
    assert await asked(world) == [f"{B} 13 09:00"]


async def test_a_further_call_counts_for_the_case_of_somebody_unknown(world: World) -> None:
    """The limit of the case holds where no person is known."""
    limit = {"contacts_max": 2}
    demand = "{notice: {purpose: demand, channels: [sms]}}"
    step = f"  - {{id: s2, source: x, when: {{day: 5}}, do: [{demand}]}}\n"
    document = BY_VOICE.replace("reactions:", f"{step}reactions:")
    await world.set_up(None, policy_document=document, parameters=limit)
    await world.owes(10000, date(2026, 3, 5), account=A, item=f"I-{A}")
    await world.run_until(local(3, 6))
    (wanted,) = await world.of(dunning.NoticeRequested)
    await call(world, wanted.data.notice_id, 1)
    await world.run_until(local(3, 9))
    await call(world, wanted.data.notice_id, 2)
    await world.run_until(local(3, 14))
    assert (await asked(world))[1:] == [f"{A} 13 08:00"]


async def test_each_call_and_the_text_used_stand_in_the_timeline(world: World) -> None:
    notice_id = await called(world)
    await world.run_until(local(3, 9))
    await call(world, notice_id, 2, "busy")
    told = [e["fields"] for e in await world.timeline(A) if e["kind"] == "delivery_recorded"]
    assert [(one["result"], one["call"], one["template"]) for one in told] == [
        ("sent", 1, TEMPLATE),
        ("no_answer", 1, None),
        ("sent", 2, TEMPLATE),
        ("busy", 2, None),
    ]


async def test_why_a_notice_goes_on_by_another_channel_stands_in_the_timeline(world: World) -> None:
    notice_id = await called(world)
    gone_on = notifier.NoticeRerouted(
        notice_id=notice_id, account_id=A, channel="voice", next_channel="letter",
        reason="failed", at=world.clock.now(),
    )  # fmt: skip
    await world.tell(gone_on, A)
    told = [e["fields"] for e in await world.timeline(A) if e["kind"] == "delivery_recorded"][-1]
    assert (told["result"], told["next"], told["reason"]) == ("rerouted", "letter", "failed")
