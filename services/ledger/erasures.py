"""The erasure of debtors: what messages, wake-ups and people make of it."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from msgspec.structs import replace

from chassis.logging import get_logger
from chassis.runtime.routes import MessageRoute, WakeRoute
from chassis.runtime.service import Service
from chassis.store.work import Work
from contracts import billing, dunning
from contracts.codec import Message
from contracts.registry import source_of
from contracts.words.streams import (
    Subject,
    account_stream,
    erasure_stream,
    key_of,
    numbers_stream,
    subject_of,
)
from services.ledger import numbers
from services.ledger.domain import erasure
from services.ledger.domain.erasure import DebtorErased, Erasure, ErasureEvent, Request
from services.ledger.domain.state import Account

log = get_logger(__name__)

Decide = Callable[[Erasure], Sequence[ErasureEvent]]
_BY_RESTORE = "arrears restore"
_RESTORED = "confirmed before the store was restored"
_KEPT = "closed since {closed_on}, for the {days} days that the creditor keeps it"
_IN_USE = "there is money on the account again"
_HELD = "a hold was placed before it was carried out"
_OURS = source_of("ledger")
_LAPSED = "nobody confirmed that the debtor is to be erased; ask upstream to send it again"


def _streams(message: Message, _lane: int) -> Sequence[str]:
    who = Subject(message.creditor, message.subject)
    return (erasure_stream(*who), numbers_stream(*who), account_stream(*who))


def requested(hours: int) -> MessageRoute:
    """The route of `billing.account.erased.v1`: it is carried out where a person has confirmed it;
    else it waits so many hours for one.
    """

    def erase(work: Work, message: Message) -> None:
        data: billing.AccountErased = message.data
        who = Subject(message.creditor, message.subject)
        stream = erasure_stream(*who)
        if message.source == _OURS and not _stands(work, who):
            return
        wanted = Request(message.id, message.source, work.now + timedelta(hours=hours))
        events = erasure.request(work.state(stream), wanted)
        if any(isinstance(event, DebtorErased) for event in events):
            numbers.forget(work, who)
            work.erase(who)
        elif work.is_erased(who):
            return
        elif events and data.reason:
            sealed = work.seal(who, data.reason, "reason")
            events = erasure.request(work.state(stream), replace(wanted, sealed=sealed))
        work.append(stream, events)

    return MessageRoute(_streams, erase, subject=True)


def _stands(work: Work, who: Subject) -> bool:
    """Whether what the ledger itself asks for again is to be carried out; what follows from the
    creditor's period is not, once there is money on the account after all.
    """
    stream, account = erasure_stream(*who), account_stream(*who)
    if _has_money(work.state(account)):
        work.append(stream, erasure.keep_on(work.state(stream), _IN_USE))
    state: Erasure = work.state(stream)
    return state.status != "refused"


def _has_money(account: Account) -> bool:
    return bool(account.items or account.prepaid or account.waiting or account.coming)


def lapse(work: Work, stream: str) -> None:
    """Nobody confirmed in time; somebody should know."""
    events = erasure.lapse(work.state(stream), work.now)
    work.append(stream, events)
    if events:
        creditor, account = subject_of(stream)
        log.warning("erasure_lapsed", creditor=creditor, account=account, todo=_LAPSED)


def _kept_streams(message: Message, _lane: int) -> Sequence[str]:
    who = Subject(message.creditor, message.subject)
    return (account_stream(*who), erasure_stream(*who))


def _end_retention(work: Work, message: Message) -> None:
    """The creditor's period is over: the debtor is erased, unless there is money on the account
    after all.
    """
    data: dunning.RetentionEnded = message.data
    account, stream = work.streams
    if not _has_money(work.state(account)):
        reason = _KEPT.format(days=data.days, closed_on=data.closed_on)
        work.append(stream, erasure.order(work.state(stream), erasure.BY_RETENTION, reason))


def _held_streams(message: Message, _lane: int) -> Sequence[str]:
    return (erasure_stream(message.creditor, message.subject),)


def _hold(work: Work, message: Message) -> None:
    """Who had processing restricted in the last moment may need what is kept."""
    (stream,) = _held_streams(message, work.lane)
    work.append(stream, erasure.keep_on(work.state(stream), _HELD))


RETENTION = MessageRoute(_kept_streams, _end_retention)
"""The route of `dunning.retention.ended.v1`."""
HOLD = MessageRoute(_held_streams, _hold)
"""The route of `dunning.hold.placed.v1`."""
WAKE = WakeRoute(lapse)


async def answer(service: Service, who: Subject, decide: Decide, cause: str | None = None) -> None:
    """What a person says of an account's erasure."""
    stream = erasure_stream(*who)

    def run(work: Work) -> None:
        work.append(stream, decide(work.state(stream)))

    await service.execute(key_of(*who), [stream], run, cause=cause)


async def order(
    service: Service, who: Subject, by: str, reason: str, cause: str | None = None
) -> None:
    """A person with the role for it wants a debtor erased; it is carried out when the ledger's own
    word of it comes back on `billing`, in order with what was told of the debtor.
    """
    await answer(service, who, lambda state: erasure.order(state, by, reason), cause)


async def is_erased(service: Service, who: Subject) -> bool:
    """Whether this store knows that a debtor was erased; the others hear of it then."""
    state, _ = await service.read(erasure_stream(*who))
    return isinstance(state, Erasure) and state.status == "erased"


async def erase_again(service: Service, who: Subject) -> None:
    """Destroy the key of a debtor whose erasure is known elsewhere and not in this store, which was
    restored from an earlier backup. Before anything is served.
    """
    stream, numbered = erasure_stream(*who), numbers_stream(*who)

    def run(work: Work) -> None:
        work.append(stream, erasure.order(work.state(stream), _BY_RESTORE, _RESTORED))
        work.append(stream, erasure.carry_out(work.state(stream)))
        numbers.forget(work, who)
        work.erase(who)

    streams = [stream, numbered]
    await service.execute(key_of(*who), streams, run, subjects=[who], cause=_BY_RESTORE)
