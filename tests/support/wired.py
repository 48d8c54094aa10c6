"""Ledger and dunning as they are wired, without servers: tables, domains, messages as bytes.

Whoever wants to break a rule on purpose subclasses `Wired` and overrides one of its seams
(`between`, `decided`, `remembered`, `awake`, `pay`).
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from chassis.errors import ArrearsError
from chassis.runtime.routes import MessageRoute
from chassis.store.stored import Stored
from chassis.store.work import Work
from contracts import billing
from contracts.base import Contract
from contracts.codec import Message, decode, encode
from contracts.words.streams import Subject, account_stream, creditor_stream, kind_of
from services.dunning import main as dunning
from services.dunning.decisions import Decisions
from services.dunning.domain.commands import AccountCommand, CreditorCommand
from services.dunning.domain.creditor.commands import ConfigureCreditor
from services.dunning.library import Library
from services.dunning.policy import Pack
from services.ledger import main as ledger
from services.ledger.domain import late_fee
from tests.support.in_memory import Service
from tests.support.localtime import local

CREDITOR, ACCOUNT = "acme", "A-1"
STREAM = account_stream(CREDITOR, ACCOUNT)
WAKES_MAX = 50


class Balance(NamedTuple):
    """Principal and late fee by item on a day, the empty ones left out, and what is prepaid."""

    items: dict[str, tuple[int, int]]
    prepaid: int


class Wired:
    """One creditor under a pack and its accounts, from `now` on.

    `facts` are what dunning's wake-ups read from the database first (`Service`).
    """

    def __init__(
        self, pack: Pack, zone: str, now: datetime, facts: Mapping[str, Any] | None = None
    ) -> None:
        self.pack, self.zone, self.now = pack, zone, now
        library = Library()
        self.decisions = Decisions(library)
        self.knows(pack)
        self.ledger = Service(ledger.BLUEPRINT)
        self.dunning = Service(dunning.blueprint(library), facts)
        self.queue: deque[tuple[Service, bytes]] = deque()
        self.parked: list[str] = []
        self.sent = 0
        self.restart_in: int | None = None
        command = ConfigureCreditor(name="Acme", zone=self.zone, currency="CNY")
        self.operate_creditor(command, pack)

    def knows(self, pack: Pack) -> None:
        """Dunning finds the text of a pack, in place of another of its hash."""
        self.decisions.library._by_hash[pack.content_hash] = pack
        self.decisions.library._resolved.clear()

    # ---- seams for those who break rules

    def between(self, message: Message) -> Message | None:
        """A message on its way; None loses it."""
        return message

    def decided(self, events: list[Stored]) -> list[Stored]:
        """What of a decision is told to others."""
        return events

    def awake(self, service: Service, name: str) -> None:
        """A stream is woken."""
        route = service.wakes[kind_of(name)]
        further = route.streams(name, 0) if route.streams else ()

        def handle(work: Work) -> None:
            route.handle(work, name)

        self._run(service, (name, *further), handle, None)
        self.deliver()

    def remembered(self, service: Service) -> dict[str, tuple[bytes, int]]:
        """What a service still knows after a restart."""
        return service.encoded(service.fold())

    # ---- what upstream tells

    def tell(self, data: Contract, account: str = ACCOUNT) -> None:
        """A message of the upstream billing system."""
        body = encode(
            data,
            id=f"billing-{self.sent}",
            source="/billing",
            time=self.now.astimezone(UTC),
            creditor=CREDITOR,
            subject=account,
        )
        self.sent += 1
        hears = [self.ledger] + [self.dunning] * bool(getattr(data, "collected_by", None))
        self.queue += [(service, body) for service in hears]
        self.deliver()

    def invoice(
        self,
        item_id: str,
        amount: int,
        due_on: date,
        *,
        account: str = ACCOUNT,
        item: str = "fee",
    ) -> None:
        self.tell(
            billing.InvoiceIssued(
                account_id=account,
                invoice_id=item_id,
                item=item,
                amount=amount,
                currency="CNY",
                issued_on=self.today,
                due_on=due_on,
            ),
            account,
        )

    def pay(
        self,
        payment_id: str,
        amount: int,
        invoices: Sequence[str] = (),
        *,
        account: str = ACCOUNT,
        **more: Any,
    ) -> None:
        """A payment is told of, received this moment where `received_at` names no other."""
        given = {"received_at": self.now, "method": "transfer"} | more
        self.tell(
            billing.PaymentReceived(
                account_id=account,
                payment_id=payment_id,
                amount=amount,
                currency="CNY",
                invoices=tuple(invoices),
                **given,
            ),
            account,
        )

    def reverse(
        self, payment_id: str, amount: int | None = None, *, account: str = ACCOUNT
    ) -> None:
        data = billing.PaymentReversed(
            account_id=account, payment_id=payment_id, amount=amount, reason="returned"
        )
        self.tell(data, account)

    def adjust(self, item_id: str, change: int, number: int) -> None:
        self.tell(
            billing.InvoiceAdjusted(
                account_id=ACCOUNT,
                invoice_id=item_id,
                adjustment_id=f"N{number}",
                change=change,
                currency="CNY",
                reason="credit",
            )
        )

    def cancel(self, item_id: str, *, account: str = ACCOUNT) -> None:
        data = billing.InvoiceCancelled(account_id=account, invoice_id=item_id, reason="mistake")
        self.tell(data, account)

    # ---- what people do

    def operate(
        self, command: AccountCommand, account: str = ACCOUNT, pack: Pack | None = None
    ) -> list[Any]:
        """Run a command on an account, answer its events; a refusal is raised. `pack` is one its
        case is moved to.
        """
        if pack is not None:
            self.knows(pack)
        stream, who = account_stream(CREDITOR, account), Subject(CREDITOR, account)

        def handle(work: Work) -> None:
            self.decisions.account(work, who, command, pack)

        return self._operate((stream, creditor_stream(CREDITOR)), handle)

    def operate_creditor(self, command: CreditorCommand, pack: Pack | None = None) -> list[Any]:
        """Run a command on the creditor, answer its events; a refusal is raised."""

        def handle(work: Work) -> None:
            self.decisions.creditor(work, CREDITOR, command, pack)

        return self._operate((creditor_stream(CREDITOR),), handle)

    # ---- time

    def until(self, then: datetime) -> None:
        """Let time pass; everything is woken when it asked to be."""
        for _ in range(WAKES_MAX * 400):
            due = [(w, s, n) for s in (self.ledger, self.dunning) for w, n in s.due() if w <= then]
            if not due:
                break
            when, service, name = min(due, key=lambda entry: (entry[0], entry[1] is self.dunning))
            self.now = max(self.now, when)
            self.awake(service, name)
        else:
            raise AssertionError(f"never sleeps at {self.now}")
        self.now = max(self.now, then)

    def deliver(self) -> None:
        """Carry every message to whom it concerns."""
        while self.queue:
            if self.restart_in == 0:
                self.restart()
            if self.restart_in is not None:
                self.restart_in -= 1
            service, body = self.queue.popleft()
            message = self.between(decode(body))
            route = service.messages.get(message.type) if message else None
            if message is None or route is None:
                continue
            self._handle(service, route, message)

    def restart(self) -> None:
        """Both services stop and come back with what their stores hold."""
        self.restart_in = None
        for service in (self.ledger, self.dunning):
            live = service.encoded(service.states)
            again = self.remembered(service)
            service.read_back(again)
            assert again == live, f"{service.name} is not what it was before the restart"

    # ---- what can be looked at

    @property
    def today(self) -> date:
        return local(self.now, self.zone).date()

    def account(self, account: str = ACCOUNT) -> Any:
        """Dunning's state of an account."""
        return self.dunning.state(account_stream(CREDITOR, account))

    def balance(self, account: str = ACCOUNT) -> Balance:
        """What the ledger says is owed now."""
        state = self.ledger.state(account_stream(CREDITOR, account))
        items = {
            item.id: (item.principal, late_fee.due(item.fee, state.terms, self.today))
            for item in state.items
        }
        waiting = sum(entry.amount for entry in state.waiting)
        return Balance({k: v for k, v in items.items() if any(v)}, state.prepaid + waiting)

    # ---- within

    def _operate(self, streams: Sequence[str], handle: Callable[[Work], None]) -> list[Any]:
        new = self._run(self.dunning, streams, handle, None)
        self.deliver()
        return [stored.event for stored in new]

    def _handle(self, service: Service, route: MessageRoute, message: Message) -> None:
        def handle(work: Work) -> None:
            route.handle(work, message)

        try:
            self._run(service, route.streams(message, 0), handle, message.id)
        except ArrearsError as error:
            self.parked.append(f"{service.name} {message.type}: {error}")

    def _run(
        self,
        service: Service,
        streams: Sequence[str],
        handle: Callable[[Work], None],
        cause: str | None,
    ) -> list[Stored]:
        other = self.dunning if service is self.ledger else self.ledger
        new = service.run(streams, self.now, handle, cause)
        for stored in self.decided(new):
            for index, out in enumerate(service.publish(stored)):
                body = encode(
                    out.data,
                    id=f"{service.name}-{stored.position}-{index}",
                    source=f"arrears/{service.name}",
                    time=stored.at.astimezone(UTC),
                    creditor=out.creditor,
                    subject=out.account,
                )
                self.queue.append((other, body))
        return new
