"""What became of notices, as commands."""

from chassis.store.work import Work
from contracts import notifier
from contracts.codec import Message
from contracts.words.streams import Subject
from services.dunning.domain.commands import AccountCommand
from services.dunning.domain.contact.commands import RecordDelivery, RecordReply
from services.dunning.domain.contact.evolve import REROUTED
from services.dunning.handlers.routing import ToCommand


def delivery(result: str) -> ToCommand:
    def to_command(work: Work, who: Subject, message: Message) -> RecordDelivery:
        data = message.data
        return RecordDelivery(channel=data.channel, result=result, notice_id=data.notice_id)

    return to_command


def sent(work: Work, who: Subject, message: Message) -> RecordDelivery:
    data: notifier.NoticeSent = message.data
    return RecordDelivery(
        channel=data.channel,
        result="sent",
        notice_id=data.notice_id,
        template=data.template,
        call=data.call,
        at=data.sent_at,
    )


def is_further_call(message: Message) -> bool:
    """Whether a notice that went out is a contact which nobody here asked for."""
    data: notifier.NoticeSent = message.data
    return (data.call or 0) > 1


def unanswered(work: Work, who: Subject, message: Message) -> RecordDelivery:
    data: notifier.CallUnanswered = message.data
    return RecordDelivery(
        channel=data.channel,
        result=data.how,
        notice_id=data.notice_id,
        call=data.call,
        at=data.at,
    )


def suppressed(work: Work, who: Subject, message: Message) -> RecordDelivery:
    data: notifier.NoticeSuppressed = message.data
    return RecordDelivery(
        channel=data.channel,
        result="suppressed",
        notice_id=data.notice_id,
        reason=data.reason,
    )


def rerouted(work: Work, who: Subject, message: Message) -> RecordDelivery:
    data: notifier.NoticeRerouted = message.data
    return RecordDelivery(
        channel=data.channel,
        result=REROUTED,
        notice_id=data.notice_id,
        reason=data.reason,
        next=data.next_channel,
    )


def returned(work: Work, who: Subject, message: Message) -> RecordDelivery:
    data: notifier.NoticeReturned = message.data
    result = "refused" if data.reason == "refused" else "returned"
    return RecordDelivery(channel=data.channel, result=result, notice_id=data.notice_id)


def acknowledged(work: Work, who: Subject, message: Message) -> AccountCommand:
    data: notifier.NoticeAcknowledged = message.data
    if data.how == "replied":
        return RecordReply()
    return RecordDelivery(channel=data.channel, result="signed", notice_id=data.notice_id)
