"""Asking for notices: one message on one channel, with the figures of the day."""

from collections.abc import Sequence
from datetime import timedelta

from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.domain.money.owing import asked
from services.dunning.domain.money.state import Item
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import Notice

DEMANDS = frozenset({"demand", "final_demand"})
"""Purposes of a notice that demands payment."""


def request_notice(
    rec: Recorder,
    notice: Notice,
    channel: str,
    items: Sequence[Item],
    cause: Cause,
    *,
    needs_overdue: bool = True,
) -> None:
    """Ask for one message on one channel, with the figures of these items as of today; a bill or a
    notice before the due date (without `needs_overdue`) that has nothing to ask for is left.
    """
    figures = asked(rec.state, items, rec.today)
    if not figures.total and not needs_overdue:
        return
    term = notice.respond_within_days
    rec.effect(
        NoticeRequested(
            notice_id=rec.new_id("n"),
            purpose=notice.purpose,
            channel=channel,
            recipients=notice.recipients,
            template=notice.template or notice.purpose,
            variables=figures,
            on=rec.today,
            respond_by=None
            if term is None
            else rec.working.open_from(rec.today + timedelta(days=term)),
            ledger_version=rec.state.ledger_version,
            contact=cause.contact,
            follows=cause.follows,
            interrupts=_interrupts(rec, notice),
            needs_overdue=needs_overdue,
            fallback=_fallback(rec, notice, channel),
            choose=notice.choose,
            mask=notice.mask if channel == "public_list" else None,
        ),
        cause,
    )


def _fallback(rec: Recorder, notice: Notice, channel: str) -> tuple[str, ...]:
    """By which channels it goes on: as the notice says, else as the creditor wants it for those by
    one channel to one address.
    """
    is_plain = len(notice.channels) == 1 and notice.recipients == "first"
    if notice.fallback or not is_plain or channel == "public_list":
        return notice.fallback
    return tuple(one for one in rec.pack.fallback if one != channel)


def _interrupts(rec: Recorder, notice: Notice) -> bool:
    rules = rec.pack.limitation
    if rules is None or "delivered_demand" not in rules.restarted_by:
        return False
    return notice.purpose in DEMANDS
