"""What counts from the past: payments told late, and payments taken back. The account's facts are
played again in the order they count in.

This is the slow path: it needs the account's history, and is the only place that reads one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from msgspec.structs import replace

from chassis.errors import NotFound, Rejected
from services.ledger.domain import blocks
from services.ledger.domain import commands as c
from services.ledger.domain import events as e
from services.ledger.domain.bounds import require_bounded
from services.ledger.domain.by_itself import catch_up
from services.ledger.domain.calendar import local_day
from services.ledger.domain.case_terms import effective
from services.ledger.domain.changes import owes
from services.ledger.domain.decide import decide, decide_under
from services.ledger.domain.draft import Draft
from services.ledger.domain.evolve import evolve, remember
from services.ledger.domain.facts import Fact, facts_of
from services.ledger.domain.past import Past, archive, find_payment, not_before, taken_back
from services.ledger.domain.payments import as_coming, check_payment
from services.ledger.domain.state import Account, Balance, Item, is_known
from services.ledger.domain.terms import Terms


def receive_payment(
    account: Account,
    command: c.ReceivePayment,
    now: datetime,
    terms: Terms,
    history: Callable[[], Sequence[Past]],
) -> list[e.AccountEvent]:
    """Take a payment from the instant it was received on, whenever it is told.

    Only where something has happened on the account since then is all played again. `history` is
    asked for what an account does not keep: facts since then, invoices settled long ago.
    """
    zone = terms.time_zone
    received_on = local_day(zone, command.received_at)
    if received_on >= local_day(zone, now):
        closed = archive(history()) if _names_unknown(account, command) else {}
        return decide(account, command, now, terms, closed)
    if account.terms is None or 0 < account.touched <= received_on.toordinal():
        closed = archive(history()) if _names_unknown(account, command) else {}
        told = replace(command, told_on=local_day(zone, now))
        events = decide(account, told, command.received_at, terms, closed)
        for event in events:
            account = evolve(account, event)
        return [*events, *catch_up(account, now, terms)[0]]
    return _receive_late(account, command, now, terms, history())


def _receive_late(
    account: Account,
    command: c.ReceivePayment,
    now: datetime,
    terms: Terms,
    history: Sequence[Past],
) -> list[e.AccountEvent]:
    """What has become of the account with a payment that came before things done since."""
    now = not_before(history, now)
    began, account = catch_up(account, now, terms)
    check_payment(account, command, terms)
    if find_payment(history, command.payment_id) is not None:
        raise Rejected(f"payment {command.payment_id} is already known on this account")
    pasts = [*history, *(Past(now, event) for event in began)]
    late = Past(now, _as_event(command))
    played = simulate([*pasts, late], now, schedule=effective(account, terms))
    known = remember(account.known, f"p{command.payment_id}\n")
    effects, after = _restated(account, played, pasts, now, effective(account, terms), known)
    effects = replace(effects, parts=played.parts, recovered=played.recovered)
    event = replace(late.event, effects=effects, account=_whole(after))
    require_bounded(account, event, effective(account, terms))
    return [*began, event]


def reverse_payment(
    account: Account,
    command: c.ReversePayment,
    now: datetime,
    history: Iterable[Past],
    terms: Terms | None = None,
) -> list[e.AccountEvent]:
    """Make of the account what it would be had the payment, or the part named, never come.

    Raises `NotFound` for a payment the account never received, `Rejected` for one that was taken
    back before, and for more than is left of it.
    """
    pasts = list(history)
    payment = find_payment(pasts, command.payment_id)
    if payment is None:
        raise NotFound(f"payment {command.payment_id} is not known on this account")
    left = payment.amount - taken_back(pasts).get(command.payment_id, 0)
    if not left:
        raise Rejected(f"payment {command.payment_id} was already reversed")
    amount = left if command.amount is None else command.amount
    if amount > left:
        raise Rejected(f"payment {command.payment_id}: {amount} is more than the {left} left of it")
    terms = terms or account.terms
    if terms is None:
        raise NotFound("the creditor is not set up: its terms are not known")
    now = not_before(pasts, now)
    began, account = catch_up(account, now, terms)
    terms = effective(account, terms)
    pasts += [Past(now, event) for event in began]
    played = simulate(pasts, now, schedule=terms, without={command.payment_id: amount})
    effects, after = _restated(account, played, pasts, now, terms, account.known)
    event = e.PaymentReversed(
        effects=effects, payment_id=command.payment_id, amount=amount, account=_whole(after)
    )
    require_bounded(account, event, terms)
    return [*began, event]


def _whole(account: Account) -> Account:
    """The account as an event has it: its items as one array, as every version reads them."""
    return replace(account, open=blocks.unblocked(account.open))


def as_of(history: Sequence[Past], until: datetime) -> Account:
    """An account at a past instant, as it is known now: with the payments received by then,
    whenever they were told, and without what was taken back since.
    """
    whole = account = Account()
    changed = False
    for past in history:
        whole = evolve(whole, past.event)
        if past.at <= until:
            account = whole
        else:
            changed = changed or reaches_back(past.event, until)
    if not changed or whole.terms is None:
        return account
    return simulate(history, until, schedule=whole.terms).account


def reaches_back(event: e.AccountEvent, until: datetime) -> bool:
    """Whether an event stored after an instant may change what is known of the account then."""
    match event:
        case e.PaymentReversed():
            return True
        case e.PaymentReceived():
            return event.received_at <= until
    return False


class Played(NamedTuple):
    """What a history came to: the account, every item it ever had, what the last payment told was
    put on items and what it brought in of items written off.
    """

    account: Account
    items: dict[str, Item]
    parts: tuple[e.Part, ...]
    recovered: tuple[tuple[str, int], ...]


def simulate(
    history: Sequence[Past],
    now: datetime,
    *,
    schedule: Terms,
    without: Mapping[str, int] | None = None,
) -> Played:
    """Play the facts of a history in the order they count in, up to an instant, days that begin
    included; what of payments was taken back, and is `without`, left out.

    A payment counts from the instant it was received, if that was on an earlier day than it was
    told, everything else from when it was recorded. Late fees follow the rates of `schedule`. A
    fact that no longer means anything is passed over.
    """
    less = taken_back(history)
    for payment_id, amount in (without or {}).items():
        less[payment_id] = less.get(payment_id, 0) + amount
    player = _Player(history[-1].event if history else None)
    for fact in facts_of(history, less, schedule):
        if fact.at <= now:
            player.play(fact)
        else:
            player.keep_in_mind(fact.command)
    player.begin_days(now, schedule)
    return Played(player.account, player.items, player.parts, player.recovered)


class _Player:
    """An account while its facts are played, with what the `last` event told did to it."""

    def __init__(self, last: e.AccountEvent | None) -> None:
        self._last = last
        self.account = Account()
        self.items: dict[str, Item] = {}
        self.parts: tuple[e.Part, ...] = ()
        self.recovered: tuple[tuple[str, int], ...] = ()

    def begin_days(self, until: datetime, terms: Terms) -> None:
        """Let all happen that happens by itself up to an instant."""
        began, self.account = catch_up(self.account, until, terms)
        for event in began:
            self._note(event)

    def play(self, fact: Fact) -> None:
        """Decide a fact anew; one that no longer means anything is passed over."""
        self.begin_days(fact.at, fact.terms)
        try:
            event = decide_under(self.account, fact.command, fact.at, fact.terms, self.items)
        except (Rejected, NotFound):
            return
        if event is None:
            return
        self.account = evolve(self.account, event)
        self._note(event)
        if fact.event is self._last:
            self.parts, self.recovered = event.effects.parts, event.effects.recovered

    def keep_in_mind(self, command: c.Command) -> None:
        """A payment that is received later than the instant played to is still to come."""
        if isinstance(command, c.ReceivePayment):
            coming = (*self.account.coming, as_coming(command))
            self.account = replace(self.account, coming=coming)

    def _note(self, event: e.AccountEvent) -> None:
        self.items.update((item.id, item) for item in event.effects.items)


def _names_unknown(account: Account, command: c.ReceivePayment) -> bool:
    lost = dict(account.lost)
    return any(
        item_id not in lost and not is_known(account, "item", item_id)
        for item_id in command.invoices
    )


def _as_event(command: c.ReceivePayment) -> e.PaymentReceived:
    """A payment as its event, before anything is known of its effects."""
    nothing = e.Effects(date.min, Balance())
    return e.PaymentReceived(
        effects=nothing,
        payment_id=command.payment_id,
        amount=command.amount,
        method=command.method,
        received_at=command.received_at,
        invoices=command.invoices,
        collected_by=command.collected_by,
    )


def _restated(
    account: Account,
    played: Played,
    history: Iterable[Past],
    now: datetime,
    terms: Terms,
    known: str,
) -> tuple[e.Effects, Account]:
    """What playing an account's facts again changed, told like any other event's effects, and the
    account itself. That a case ran, and under which terms, stays as it was.
    """
    day = local_day(terms.time_zone, now)
    before = archive(history)
    draft = Draft(played.account, terms, day)
    draft.account = account
    draft.closed = before
    draft.owed = any(owes(item, day) for item in account.items)
    draft.case_on, draft.pinned_through = account.case_on, account.pinned_through
    for item_id, item in played.items.items():
        if before.get(item_id) != item:
            draft.put(item)
    for item_id, item in before.items():
        if item_id not in played.items:  # money to be paid back that there was after all
            draft.put(replace(item, amount=0, principal=0, status="cancelled", overdue=False))
    effects = draft.effects()
    after = replace(
        played.account,
        terms=terms,
        known=known,
        balance=effects.balance,
        case_on=effects.case_on,
        pinned_through=effects.pinned_through,
        touched=day.toordinal(),
    )
    return effects, after
