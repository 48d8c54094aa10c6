"""What the courts decide and do, as commands."""

from chassis.store.work import Work
from contracts import legal
from contracts.codec import Message
from contracts.words.streams import Subject
from services.dunning.domain.case.commands import RecordLegalProgress


def progressed(work: Work, who: Subject, message: Message) -> RecordLegalProgress:
    data: legal.MatterProgressed = message.data
    return RecordLegalProgress(progress=data.step, amount=data.amount, on=data.day)
