"""What messages say of numbers that people call an account, an invoice or a payment."""

from chassis.store.work import Work
from contracts.codec import Message
from contracts.words.streams import Subject, numbers_stream, subject_of
from services.ledger.domain.numbers import Kind, NumberNoted, NumbersErased


def stream_of(message: Message) -> str:
    """The stream of the numbers of a message's account."""
    return numbers_stream(message.creditor, message.subject)


def is_numbered(message: Message) -> bool:
    """Whether a message brings a number."""
    return message.data.number is not None


def note(work: Work, message: Message, kind: Kind, id_: str) -> None:
    """Keep the number a message brings; nothing for an erased debtor."""
    stream, number = stream_of(message), message.data.number
    subject = subject_of(stream)
    if number is None or work.is_erased(subject):
        return
    index = work.keys.index(number)
    work.append(stream, [NumberNoted(kind, id_, work.seal(subject, number, "number"), index)])


def forget(work: Work, who: Subject) -> None:
    """Let go of an erased debtor's numbers."""
    stream = numbers_stream(*who)
    if work.state(stream).count:
        work.append(stream, [NumbersErased()])
