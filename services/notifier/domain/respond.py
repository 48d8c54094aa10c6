"""What providers, operators and debtors say about notices afterwards: deliveries and objections."""

from chassis.errors import NotFound, Rejected
from contracts.words.vocabulary import CHANNELS, POSTED_CHANNELS
from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain.state import Account, SentNotice

_SAYS_LESS = {"signed": frozenset({"delivered"})}
"""By what is known of a notice: what is no news beside it."""

_REMINDERS = ":reminder"
"""What may be declined by itself: everything else a creditor has to say, or may, whoever likes it.
"""


def record_delivery(state: Account, command: c.RecordDelivery) -> list[e.Event]:
    """Apply a delivery result to the notice it is about.

    The same again changes nothing, nor does what happened before what is known already, whoever
    tells it: results come by several ways, late and in any order.
    """
    if command.callback_id and command.callback_id in state.callbacks:
        return []
    for one in reversed(state.sent):
        if one.about.channel != command.channel:
            continue
        if command.notice_id is None or command.notice_id == one.notice_id:
            if not _is_news(one, command):
                return []
            told = e.DeliveryRecorded(
                one.notice_id,
                command.result,
                command.at,
                one.about,
                command.callback_id,
                command.by,
                late=_went_on(state, one),
            )
            return [told]
    which = f"notice {command.notice_id}" if command.notice_id else "no notice"
    raise NotFound(f"account {state.account}: {which} was sent by {command.channel}")


def note_receipt(state: Account, command: c.NoteReceipt) -> list[e.Event]:
    """Keep the number of a letter's receipt; the same again changes nothing."""
    for one in reversed(state.sent):
        if one.notice_id == command.notice_id and one.about.channel in POSTED_CHANNELS:
            if one.receipt and one.receipt != command.number:
                raise Rejected(f"notice {one.notice_id} has the receipt {one.receipt} already")
            if one.receipt:
                return []
            return [
                e.ReceiptNoted(command.notice_id, command.number, command.posted_on, command.by)
            ]
    raise NotFound(f"account {state.account}: no letter {command.notice_id} was handed to the post")


def reminders_by(channel: str) -> str:
    """How an objection names the reminders by a channel: `email:reminder`."""
    return channel + _REMINDERS


def is_declined(state: Account, channel: str, purpose: str) -> bool:
    """Whether the debtor objected to a channel, or to what is sent by it for a purpose."""
    return not {channel, f"{channel}:{purpose}"}.isdisjoint(state.opt_outs)


def _is_news(known: SentNotice, told: c.RecordDelivery) -> bool:
    if told.result == known.result or told.result in _SAYS_LESS.get(known.result, ()):
        return False
    return known.result_at is None or told.at >= known.result_at


def _went_on(state: Account, sent: SentNotice) -> bool:
    """Whether the notice goes by another channel by now."""
    now = state.open.get(sent.notice_id)
    channels = [one.about.channel for one in state.sent if one.notice_id == sent.notice_id]
    return (now.channel if now else channels[-1]) != sent.about.channel


def opt_out(state: Account, command: c.OptOut) -> list[e.Event]:
    """Respect a debtor's objection to a channel, or to the reminders by it."""
    _known(command.channel)
    if command.channel in state.opt_outs:
        return []
    return [e.OptedOut(command.channel, command.by)]


def opt_in(state: Account, command: c.OptIn) -> list[e.Event]:
    """Take an objection back."""
    _known(command.channel)
    if command.channel not in state.opt_outs:
        return []
    return [e.OptedIn(command.channel, command.by)]


def _known(channel: str) -> None:
    if channel.removesuffix(_REMINDERS) not in CHANNELS:
        raise NotFound(f"there is no channel '{channel}'; there are {', '.join(CHANNELS)}")
