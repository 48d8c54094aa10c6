"""What a message to one account loads, and how it becomes a command."""

from collections.abc import Callable, Sequence

from chassis.runtime.routes import AsksFor, MessageRoute
from chassis.store.work import Work
from contracts.codec import Message
from contracts.words.streams import Subject, account_stream, creditor_stream
from services.dunning.decisions import Decisions
from services.dunning.domain.commands import AccountCommand

ToCommand = Callable[[Work, Subject, Message], AccountCommand]


def route(
    decisions: Decisions, to_command: ToCommand, *, subject: bool = False, beside: AsksFor = False
) -> MessageRoute:
    """A message that becomes a command to its account."""

    def handle(work: Work, message: Message) -> None:
        who = subject_of(message)
        decisions.account(work, who, to_command(work, who, message))

    return MessageRoute(of_account, handle, subject=subject, beside=beside)


def subject_of(message: Message) -> Subject:
    """The account a message is about."""
    return Subject(message.creditor, message.subject)


def of_account(message: Message, lane: int) -> Sequence[str]:
    """The streams of an account: its own, and its creditor's."""
    return (
        account_stream(message.creditor, message.subject),
        creditor_stream(message.creditor),
    )


def of_creditor(message: Message, lane: int) -> Sequence[str]:
    """The stream of a creditor."""
    return (creditor_stream(message.creditor),)
