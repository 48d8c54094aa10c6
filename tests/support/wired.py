"""Ledger and dunning as they are wired, without servers: their tables, their domains, messages as
bytes between them.

Whoever wants to break a rule on purpose subclasses `Wired` and overrides one of its seams
(`between`, `decided`, `remembered`, `awake`, `pay`).
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from chassis.errors import ArrearsError
from chassis.runtime.blueprint import Blueprint
from chassis.runtime.routes import MessageRoute
from chassis.store.stored import Stored
from chassis.store.vault import KeyRing, master_key
from chassis.store.work import Entry, Work
from contracts import billing
from contracts.base import Contract
from contracts.codec import Message, decode, encode
from contracts.words.streams import Subject, account_stream, creditor_stream, kind_of
from services.dunning import main as dunning
from services.dunning.decisions import Decisions
from services.dunning.domain.creditor.commands import ConfigureCreditor
from services.dunning.library import Library
from services.dunning.policy import Pack
from services.ledger import main as ledger
from services.ledger.domain import late_fee
from services.ledger.domain.resimulate import Past, archive
from tests.support.localtime import at, local

CREDITOR, ACCOUNT = "acme", "A-1"
WHO = Subject(CREDITOR, ACCOUNT)
STREAM = account_stream(CREDITOR, ACCOUNT)
MASTER = master_key(b"m" * 32)
WAKES_MAX = 50


class Balance(NamedTuple):
    """Principal and late fee by item on a day, the empty ones left out, and what is prepaid."""

    items: dict[str, tuple[int, int]]
    prepaid: int


class Service:
    """One service's tables around the states it keeps in memory."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.name = blueprint.name
        self.aggregates = {a.name: a for a in blueprint.aggregates}
        self.messages, self.publish = blueprint.messages, blueprint.publish
        # What reads further facts from the database first is no part of the rules looked at.
        self.wakes = {name: w for name, w in blueprint.wakes.items() if w.prepare is None}
        self.states: dict[str, tuple[Any, int]] = {}
        self.stored: list[Stored] = []
        self.raw: list[tuple[str, bytes]] = []

    def run(
        self,
        streams: Sequence[str],
        now: datetime,
        handle: Callable[[Work], None],
        cause: str | None,
    ) -> list[Stored]:
        """One unit of work; what it raises leaves everything as it was."""
        work = Work(
            now=now,
            lane=0,
            entries={name: self._entry(name) for name in streams},
            keys=KeyRing(MASTER, {}),
            histories={name: [s for s in self.stored if s.stream == name] for name in streams},
        )
        work.begin(cause, streams)
        handle(work)
        new = []
        for lane, stream, version, kind, instant, why, data in work.pending:
            event = self.aggregates[kind_of(stream)].decode_event(data)
            position = len(self.stored) + 1
            new.append(Stored(stream, version, kind, instant, why, event, lane, position))
            self.stored.append(new[-1])
            self.raw.append((stream, data))
        self.states.update({n: (e.state, e.version) for n, e in work.entries.items() if e.version})
        return new

    def due(self) -> list[tuple[datetime, str]]:
        """The streams that ask to be woken, and when."""
        found = []
        for name, (state, _) in self.states.items():
            wake = self.aggregates[kind_of(name)].wake_at(state)
            if wake is not None and kind_of(name) in self.wakes:
                found.append((wake, name))
        return sorted(found)

    def fold(self) -> dict[str, tuple[Any, int]]:
        """The states as the stored events alone make them."""
        states: dict[str, tuple[Any, int]] = {}
        for name, data in self.raw:
            kind = self.aggregates[kind_of(name)]
            state, version = states.get(name) or (kind.initial(name), 0)
            states[name] = (kind.evolve(state, kind.decode_event(data)), version + 1)
        return states

    def encoded(self, states: Mapping[str, tuple[Any, int]]) -> dict[str, tuple[bytes, int]]:
        """States as the store keeps them."""
        return {
            name: (self.aggregates[kind_of(name)].encode_state(state), version)
            for name, (state, version) in states.items()
        }

    def read_back(self, states: Mapping[str, tuple[bytes, int]]) -> None:
        """Go on with states as the store keeps them."""
        self.states = {
            name: (self.aggregates[kind_of(name)].decode_state(data), version)
            for name, (data, version) in states.items()
        }

    def _entry(self, name: str) -> Entry:
        kind = self.aggregates[kind_of(name)]
        state, version = self.states.get(name) or (kind.initial(name), 0)
        return Entry(name, kind, state, version)


class Wired:
    """One creditor and one account under a pack, from the start of a local day."""

    def __init__(self, pack: Pack, zone: str, start: date) -> None:
        self.pack, self.zone = pack, zone
        self.now = at(start, "00:01", zone)
        library = Library()
        library._by_hash[pack.content_hash] = pack
        self.decisions = Decisions(library)
        self.ledger = Service(ledger.BLUEPRINT)
        self.dunning = Service(dunning.blueprint(library))
        self.queue: deque[tuple[Service, bytes]] = deque()
        self.parked: list[str] = []
        self.sent = 0
        self.restart_in: int | None = None
        self._set_up()

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

    # ---- what happens

    def tell(self, data: Contract) -> None:
        """A message of the upstream billing system."""
        body = encode(
            data,
            id=f"billing-{self.sent}",
            source="/billing",
            time=self.now,
            creditor=CREDITOR,
            subject=ACCOUNT,
        )
        self.sent += 1
        self.queue.append((self.ledger, body))
        self.deliver()

    def invoice(self, item_id: str, amount: int, due_on: date) -> None:
        self.tell(
            billing.InvoiceIssued(
                account_id=ACCOUNT,
                invoice_id=item_id,
                item="fee",
                amount=amount,
                currency="CNY",
                issued_on=local(self.now, self.zone).date(),
                due_on=due_on,
            )
        )

    def pay(self, payment_id: str, amount: int, invoices: Sequence[str] = ()) -> None:
        self.tell(
            billing.PaymentReceived(
                account_id=ACCOUNT,
                payment_id=payment_id,
                amount=amount,
                currency="CNY",
                received_at=self.now,
                method="transfer",
                invoices=tuple(invoices),
            )
        )

    def reverse(self, payment_id: str) -> None:
        self.tell(
            billing.PaymentReversed(account_id=ACCOUNT, payment_id=payment_id, reason="returned")
        )

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

    def cancel(self, item_id: str) -> None:
        self.tell(
            billing.InvoiceCancelled(account_id=ACCOUNT, invoice_id=item_id, reason="mistake")
        )

    def operate(self, command: Any) -> None:
        """What a person at the creditor does; a refusal is raised."""

        def handle(work: Work) -> None:
            self.decisions.account(work, WHO, command)

        self._run(self.dunning, (STREAM, creditor_stream(CREDITOR)), handle, None)
        self.deliver()

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

    def account(self) -> Any:
        """Dunning's state of the account."""
        return self.dunning._entry(STREAM).state

    def balance(self) -> Balance:
        """What the ledger says is owed now."""
        account = self.ledger._entry(STREAM).state
        items = {
            item.id: (item.principal, late_fee.due(item.fee, account.terms, self.today))
            for item in account.items
        }
        waiting = sum(entry.amount for entry in account.waiting)
        return Balance({k: v for k, v in items.items() if any(v)}, account.prepaid + waiting)

    def closed_items(self) -> set[str]:
        """The items the ledger took as settled, cancelled or written off."""
        past = [Past(s.at, s.event) for s in self.ledger.stored if s.stream == STREAM]
        return {k for k, item in archive(past).items() if item.status != "open"}

    # ---- within

    def _set_up(self) -> None:
        command = ConfigureCreditor(name="Acme", zone=self.zone, currency="CNY")

        def handle(work: Work) -> None:
            self.decisions.creditor(work, CREDITOR, command, self.pack)

        self._run(self.dunning, (creditor_stream(CREDITOR),), handle, None)
        self.deliver()
        self.now += timedelta(minutes=1)

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
    ) -> None:
        other = self.dunning if service is self.ledger else self.ledger
        for stored in self.decided(service.run(streams, self.now, handle, cause)):
            for index, out in enumerate(service.publish(stored)):
                body = encode(
                    out.data,
                    id=f"{service.name}-{stored.position}-{index}",
                    source=f"/{service.name}",
                    time=stored.at.astimezone(UTC),
                    creditor=out.creditor,
                    subject=out.account,
                )
                self.queue.append((other, body))
