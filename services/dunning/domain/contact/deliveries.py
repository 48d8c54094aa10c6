"""What became of a notice, and what follows when it does not reach the debtor (rules of all packs:
usable address); and what the debtor answers.
"""

from datetime import date

from chassis.errors import Rejected
from services.dunning.domain.case.evolve_effects import UNREACHABLE
from services.dunning.domain.case.state import Case, NoticeAsked
from services.dunning.domain.contact.commands import RecordDelivery, RecordReply
from services.dunning.domain.contact.counting import is_called, is_counted
from services.dunning.domain.contact.events import DeliveryRecorded, ReplyRecorded
from services.dunning.domain.contact.evolve import UNANSWERED
from services.dunning.domain.contact.waiting import free_for_person
from services.dunning.domain.localtime import ONE_DAY, local_day
from services.dunning.domain.money.restarts import restart_by_delivery
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.facts import DeliveryFact
from services.dunning.reasons import values as r

NO_ADDRESS = "no_address"


def record_delivery(rec: Recorder, command: RecordDelivery) -> None:
    """What became of a notice: by its id, else of the latest by the channel."""
    notice_id = command.notice_id or rec.state.notices.get(command.channel)
    if notice_id is None:
        raise Rejected(f"no notice went out by {command.channel}")
    before = _fate_of(rec, notice_id)
    planned = _planned(rec, notice_id, command)
    rec.emit(
        DeliveryRecorded(
            channel=command.channel,
            result=command.result,
            notice_id=notice_id,
            reason=command.reason,
            next=command.next,
            on=rec.today if command.next else planned or _called_on(rec, notice_id, command),
            template=command.template,
            call=command.call,
            not_before=rec.at(planned, rec.pack.contact.from_) if planned else None,
        )
    )
    restart_by_delivery(rec, notice_id, command.result)
    _follow_fate(rec, notice_id, before)


def record_reply(rec: Recorder, command: RecordReply) -> None:
    """The debtor answered."""
    rec.emit(ReplyRecorded(reply_id=rec.new_id("y"), note=command.note))


def _called_on(rec: Recorder, notice_id: str, command: RecordDelivery) -> date | None:
    """The day of a further call, which counts if the notice did. The first one counted when it was
    asked for.
    """
    if command.result != "sent" or command.at is None or (command.call or 0) < 2:
        return None
    counts = _fate_of(rec, notice_id) is not None or is_counted(rec.people, notice_id)
    return local_day(command.at, rec.zone) if counts else None


def _planned(rec: Recorder, notice_id: str, command: RecordDelivery) -> date | None:
    """The first day on which the person may be called again, after a call nobody took: never the
    same. Whoever calls counts the contacts of one account, and not the person's others.
    """
    if command.result not in UNANSWERED or not is_counted(rec.people, notice_id):
        return None
    if is_called(rec.people, notice_id, (command.call or 1) + 1):
        return None
    return free_for_person(rec, rec.today + ONE_DAY, command.channel)


# ---- what follows from it


def _fate_of(rec: Recorder, notice_id: str) -> NoticeAsked | None:
    """A notice of the running case, with what is known of its fate."""
    return rec.state.case.asked.get(notice_id) if rec.state.case else None


def _follow_fate(rec: Recorder, notice_id: str, before: NoticeAsked | None) -> None:
    """Tell that the debtor cannot be reached, and run the reactions to the new fate of a notice of
    the case; the same told again is nothing new.
    """
    asked = _fate_of(rec, notice_id)
    if asked is None or asked == before:
        return
    if asked.fate == NO_ADDRESS:
        _tell_unreachable(rec, asked)
    rec.react(DeliveryFact(asked.fate), led_by=_led_by(asked))


def _led_by(asked: NoticeAsked) -> tuple[str, ...]:
    """The reactions that may not answer to this fate again: it would never end."""
    return asked.follows or ((asked.step,) if asked.step else ())


def _tell_unreachable(rec: Recorder, asked: NoticeAsked) -> None:
    case = rec.state.case
    if case is None or case.unreachable or not _may_be_told_of(rec, asked.step):
        return
    if any(contact.step == asked.step and contact.channel for contact in case.waiting):
        return
    together = _asked_together(rec, case, asked)
    if all(one.fate == NO_ADDRESS for one in together):
        rec.alert(UNREACHABLE, Cause(asked.step, r.NoUsableAddress(asked.step)))


def _may_be_told_of(rec: Recorder, part_id: str | None) -> bool:
    """Steps and reactions only: what goes out by the calendar tells nothing of the case."""
    if part_id is None:
        return False
    is_reaction = any(reaction.goes_by(part_id) for reaction in rec.pack.reactions)
    return is_reaction or rec.pack.step(part_id) is not None


def _asked_together(rec: Recorder, case: Case, asked: NoticeAsked) -> list[NoticeAsked]:
    """A step is taken once in a case; a reaction may come on several days."""
    is_step = asked.step is not None and rec.pack.step(asked.step) is not None
    same = (one for one in case.asked.values() if one.step == asked.step)
    return [one for one in same if is_step or one.on == asked.on]
