"""What became of a notice: reactions to it, conditions on it, and who cannot be reached."""

import pytest

from services.dunning.domain.case.commands import PlaceHold
from services.dunning.domain.case.events import (
    AlertRaised,
    RestrictionRequested,
    StepDropped,
    TaskRequested,
)
from services.dunning.domain.contact.commands import RecordDelivery
from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.policy import Pack, explain, validate, with_parameters
from services.dunning.policy.problem import PackError
from tests.dunning.domain.packs import CALL, LETTER, SMS, STOP, VISIT, braced, pack, steps
from tests.dunning.domain.world import World

BOTH = "notice: {purpose: arrears_notice, channels: [sms, email]}"
FALLBACK = {"fallback": "letter"}
EMS = "notice: {purpose: demand, channels: [ems]}"


def reaction(on: str, *actions: str, number: int = 1) -> str:
    head = "reactions:\n" if number == 1 else ""
    trigger = f"id: r{number}, source: x, on: {{delivery: {on}}}"
    return f"{head}  - {{{trigger}, do: [{braced(*actions)}]}}\n"


def overdue(rules: Pack) -> World:
    """An account whose first step was taken on 11 June."""
    world = World(rules)
    world.invoice(10000, "2026-06-10")
    return world.to("2026-06-11 10:00")


def report(world: World, channel: str, result: str, reason: str | None = None) -> None:
    world.do(RecordDelivery(channel=channel, result=result, reason=reason))


def no_address(world: World, channel: str) -> None:
    report(world, channel, "suppressed", "no_address")


class TestReaction:
    @pytest.mark.parametrize("fate", ["failed", "returned", "refused"])
    def test_another_channel_takes_over(self, fate: str) -> None:
        world = overdue(pack(steps(f"day: 1 | {braced(LETTER)}") + reaction(fate, EMS)))
        report(world, "letter", "sent")
        assert world.days(NoticeRequested, channel="ems") == []
        report(world, "letter", fate)
        assert world.days(NoticeRequested, channel="ems") == ["06-11"]

    def test_for_want_of_an_address(self) -> None:
        world = overdue(pack(steps(f"day: 1 | {braced(SMS)}") + reaction("no_address", VISIT)))
        no_address(world, "sms")
        assert world.days(TaskRequested, kind="visit") == ["06-11"]

    def test_another_suppression_is_none(self) -> None:
        world = overdue(pack(steps(f"day: 1 | {braced(SMS)}") + reaction("no_address", VISIT)))
        report(world, "sms", "suppressed", "cleared")
        assert world.of(TaskRequested) == []

    def test_a_pause_loses_what_contacts_and_keeps_the_task(self) -> None:
        world = overdue(pack(steps(f"day: 1 | {braced(LETTER)}") + reaction("failed", EMS, CALL)))
        world.do(PlaceHold(reason=None, by="a"))
        report(world, "letter", "failed")
        assert world.days(NoticeRequested, channel="ems") == []
        assert world.days(TaskRequested, kind="phone_call") == ["06-11"]

    def test_one_that_fails_too_is_not_asked_for_again(self) -> None:
        world = overdue(pack(steps(f"day: 1 | {braced(LETTER)}") + reaction("failed", EMS)))
        report(world, "letter", "failed")
        report(world, "ems", "failed")
        assert world.days(NoticeRequested, channel="ems") == ["06-11"]

    def test_two_that_answer_each_other_come_to_an_end(self) -> None:
        body = steps(f"day: 1 | {braced(LETTER)}") + reaction("failed", EMS)
        world = overdue(pack(body + reaction("failed", SMS, number=2)))
        report(world, "letter", "failed")
        for _ in range(5):
            report(world, "ems", "failed")
            report(world, "sms", "failed")
        channels = [notice.channel for notice in world.of(NoticeRequested)]
        assert channels == ["letter", "ems", "sms", "sms"]  # both answer s1, then r2 answers r1

    def test_the_fate_of_another_case_is_none_of_this_one(self) -> None:
        world = overdue(pack(steps(f"day: 1 | {braced(LETTER)}") + reaction("returned", CALL)))
        world.pay(10000)
        world.invoice(5000, "2026-06-15", item_id="INV-2")
        world.to("2026-06-16 08:00")
        report(world, "letter", "returned")
        assert world.of(TaskRequested) == []

    def test_it_reads_in_words(self) -> None:
        rules = pack(steps(f"day: 1 | {braced(SMS)}") + reaction("[failed, returned]", CALL))
        assert "notice fails or comes back, the collector calls the debtor." in explain(rules)

    def test_a_fate_there_is_not(self) -> None:
        with pytest.raises(PackError, match=r"reactions\[0\].on.delivery.*'no_address'"):
            pack(steps(f"day: 1 | {braced(SMS)}") + reaction("lost", CALL))

    def test_in_a_pack_without_notices(self) -> None:
        rules = pack(steps(f"day: 1 | {braced(CALL)}") + reaction("failed", CALL))
        assert "nothing ever sends a notice" in str(validate(rules)[0])


class TestDelivered:
    RULES = pack(
        steps(
            f"day: 1 | {braced(LETTER)}",
            f"day: 5 | {braced(STOP)} | if: {{notice_delivered: demand}}",
        )
    )

    @pytest.mark.parametrize("fate", ["delivered", "signed"])
    def test_one_that_arrived_counts(self, fate: str) -> None:
        world = overdue(self.RULES)
        report(world, "letter", fate)
        assert world.to("2026-07-01").days(RestrictionRequested) == ["06-15"]

    @pytest.mark.parametrize("fate", ["sent", "returned", "refused", "failed"])
    def test_another_fate_does_not(self, fate: str) -> None:
        world = overdue(self.RULES)
        report(world, "letter", fate)
        world.to("2026-07-01")
        assert world.of(RestrictionRequested) == []
        assert world.days(StepDropped) == ["06-15"]


class TestUnreachable:
    RULES = pack(steps(f"day: 1 | {braced(BOTH)}", f"day: 5 | {braced(LETTER)}"))

    def test_told_when_the_last_channel_finds_no_address(self) -> None:
        world = overdue(self.RULES)
        no_address(world, "sms")
        assert world.of(AlertRaised) == []
        no_address(world, "email")
        assert world.days(AlertRaised, kind="unreachable") == ["06-11"]

    def test_not_when_one_channel_found_one(self) -> None:
        world = overdue(self.RULES)
        no_address(world, "sms")
        report(world, "email", "sent")
        assert world.to("2026-06-15 10:00").of(AlertRaised) == []

    def test_once_a_case(self) -> None:
        world = overdue(self.RULES)
        no_address(world, "sms")
        no_address(world, "email")
        world.to("2026-06-15 10:00")
        no_address(world, "letter")
        assert len(world.of(AlertRaised)) == 1
        world.pay(10000)
        world.invoice(5000, "2026-06-20", item_id="INV-2")
        world.to("2026-06-21 10:00")
        no_address(world, "sms")
        no_address(world, "email")
        assert world.days(AlertRaised) == ["06-11", "06-21"]

    def test_not_while_a_channel_waits_for_the_limit(self) -> None:
        world = overdue(pack(steps(f"day: 1 | {braced(BOTH)}")).model_copy(update=_one_contact()))
        assert world.days(NoticeRequested) == ["06-11"]
        report(world, "sms", "sent")
        world.to("2026-06-18 10:00")
        no_address(world, "email")
        assert world.of(AlertRaised) == []

    def test_of_a_monthly_notice_nothing_is_told(self) -> None:
        monthly = "calendar: [{id: c1, source: x, monthly: 20, scope: accounts, where: overdue,"
        body = steps(f"day: 90 | {braced(CALL)}") + f"{monthly} do: [{braced(SMS)}]}}]\n"
        world = overdue(pack(body)).to("2026-06-20 10:00")
        no_address(world, "sms")
        assert world.of(AlertRaised) == []


class TestContacts:
    def test_a_suppressed_notice_gives_its_place_to_the_next(self) -> None:
        rules = pack(steps(f"day: 1 | {braced(BOTH)}")).model_copy(update=_one_contact())
        world = overdue(rules)
        assert [n.channel for n in world.of(NoticeRequested)] == ["sms"]
        no_address(world, "sms")
        world.to("2026-06-11 10:00")
        assert [n.channel for n in world.of(NoticeRequested)] == ["sms", "email"]

    def test_one_that_was_sent_does_not(self) -> None:
        rules = pack(steps(f"day: 1 | {braced(BOTH)}")).model_copy(update=_one_contact())
        world = overdue(rules)
        report(world, "sms", "sent")
        assert [n.channel for n in world.to("2026-06-17 23:00").of(NoticeRequested)] == ["sms"]
        assert world.to("2026-06-18 08:00").days(NoticeRequested) == ["06-11", "06-18"]


def _one_contact() -> dict[str, object]:
    contact = pack(steps(f"day: 1 | {braced(SMS)}")).contact
    return {"contact": contact.model_copy(update={"contacts_max": 1})}


class TestFallback:
    THEN = "notice: {purpose: reminder, channels: [sms], fallback: [voice, letter]}"

    def test_the_pack_says_by_which_channels_a_notice_goes_on(self) -> None:
        (notice,) = overdue(pack(steps(f"day: 1 | {braced(self.THEN)}"))).of(NoticeRequested)
        assert (notice.channel, notice.fallback) == ("sms", ("voice", "letter"))

    def test_the_pack_says_whose_names_the_public_list_masks(self) -> None:
        then = "notice: {purpose: demand, channels: [sms, public_list], mask: all}"
        rules = pack(steps(f"day: 1 | {braced(then)}"))
        asked = overdue(rules).of(NoticeRequested)
        assert [(one.channel, one.mask) for one in asked] == [("sms", None), ("public_list", "all")]
        with pytest.raises(PackError, match="mask"):
            pack(steps(f"day: 1 | {braced(then.replace(', public_list', ''))}"))

    def test_a_creditor_switches_it_on_for_notices_by_one_channel(self) -> None:
        both = pack(steps(f"day: 1 | {braced(SMS)}", f"day: 2 | {braced(BOTH)}"))
        for rules, first in ((both, ()), (with_parameters(both, FALLBACK), ("letter",))):
            asked = overdue(rules).to("2026-06-12 10:00").of(NoticeRequested)
            assert [one.fallback for one in asked] == [first, (), ()]

    def test_a_notice_that_goes_on_has_no_fate_yet(self) -> None:
        """No reaction, no alert, until the last channel has failed."""
        rules = pack(steps(f"day: 1 | {braced(self.THEN)}") + reaction("[failed, no_address]", EMS))
        world = overdue(rules)
        for failed, then in (("sms", "voice"), ("voice", "letter")):
            world.do(
                RecordDelivery(
                    channel=failed,
                    result="rerouted",
                    notice_id=world.of(NoticeRequested)[0].notice_id,
                    reason="no_address",
                    next=then,
                )
            )
            assert world.days(NoticeRequested, channel="ems") == world.of(AlertRaised) == []
        last = world.of(NoticeRequested)[0].notice_id
        world.do(
            RecordDelivery(
                channel="letter", result="suppressed", notice_id=last, reason="no_address"
            )
        )
        assert world.days(NoticeRequested, channel="ems") == ["06-11"]
        assert [alert.kind for alert in world.of(AlertRaised)] == ["unreachable"]

    @pytest.mark.parametrize(
        "wrong",
        [
            "channels: [sms, email], fallback: [letter]",
            "channels: [sms], fallback: [voice, sms]",
            "channels: [letter], recipients: registered, fallback: [ems]",
            "channels: [sms], fallback: [public_list]",
            "channels: [sms], choose: cheapest",
        ],
    )
    def test_what_would_not_be_one_notice_is_refused(self, wrong: str) -> None:
        action = f"notice: {{purpose: demand, {wrong}}}"
        with pytest.raises(PackError, match=r"fallback|public_list|choose"):
            pack(steps(f"day: 1 | {braced(action)}"))

    def test_it_is_explained(self) -> None:
        assert "by text message, failing that by voice call" in explain(
            pack(steps(f"day: 1 | {braced(self.THEN)}"))
        )
