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
