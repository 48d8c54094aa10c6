"""Runs the pure decisions on a unit of work: finds creditor, pack and zone, and appends what was
decided.
"""

from zoneinfo import ZoneInfo

from msgspec.structs import replace

from chassis.errors import NotFound
from chassis.store.work import Work
from contracts.words.addresses.phone import region_of
from contracts.words.streams import Subject, account_stream, creditor_stream
from services.dunning.domain.account import Account
from services.dunning.domain.case.state import PolicyRef
from services.dunning.domain.commands import AccountCommand, CreditorCommand
from services.dunning.domain.contact.counting import count_contact
from services.dunning.domain.creditor.decide import decide_creditor
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.decide import decide
from services.dunning.domain.event import Event
from services.dunning.domain.localtime import local_day
from services.dunning.domain.money.credit import keeps_responsible
from services.dunning.library import Library
from services.dunning.people import Around
from services.dunning.policy.model import Pack


class Decisions:
    """What messages, wake-ups and the API all go through."""

    def __init__(self, library: Library, region: str = "") -> None:
        self.library = library
        self._region = region

    def account(
        self, work: Work, subject: Subject, command: AccountCommand, pack: Pack | None = None
    ) -> list[Event]:
        """Decide a command on an account and append the outcome; raises `NotFound` for a creditor
        that is not set up.

        A running case follows the pack it began with, whatever the creditor has been set to since;
        `pack` is another one it is being moved to.
        """
        stream = account_stream(*subject)
        account: Account = work.state(stream)
        creditor = self._creditor(work, subject.creditor)
        if pack is None:
            pack = self.pack_of(account, creditor)
        if not account.currency:
            # The ledger has not spoken of it yet; a fee may be charged all the same.
            account = replace(account, currency=creditor.currency)
        around: Around = work.beside or Around()
        people = around.of(subject)
        zone, working = ZoneInfo(creditor.zone), creditor.working_days
        events = decide(account, command, pack, work.now, zone, people, working)
        work.append(stream, events)
        if people.persons:
            after = people
            for event in events:
                after = count_contact(after, event, work.now)
            around.keep(subject.creditor, people, after, pack)
        return list(events)

    def creditor(
        self, work: Work, creditor: str, command: CreditorCommand, pack: Pack | None = None
    ) -> list[Event]:
        """Decide a command on a creditor and append the outcome; `pack` is the one it is being set
        to.
        """
        stream = creditor_stream(creditor)
        state: Creditor = work.state(stream)
        if pack is None:
            pack = self.library.get(_policy(self._creditor(work, creditor)))
        events = decide_creditor(state, command, pack, work.now)
        work.append(stream, events)
        return list(events)

    def keeps_responsible(self, work: Work, subject: Subject) -> bool:
        """Whether the person responsible for an account must not change now."""
        account: Account = work.state(account_stream(*subject))
        creditor = self._creditor(work, subject.creditor)
        day = local_day(work.now, ZoneInfo(creditor.zone))
        return keeps_responsible(account, self.pack_of(account, creditor), day)

    def region(self, work: Work, creditor: str) -> str:
        """The country whose phone numbers a creditor's debtors write without its code."""
        return self._region or region_of(self._creditor(work, creditor).zone)

    def pack_of(self, account: Account, creditor: Creditor) -> Pack:
        """The pack an account follows now."""
        return self.library.get(account.case.policy if account.case else _policy(creditor))

    def is_set_up(self, work: Work, creditor: str) -> bool:
        """Whether anything can be decided for a creditor."""
        state: Creditor = work.state(creditor_stream(creditor))
        return state.policy is not None

    def _creditor(self, work: Work, creditor: str) -> Creditor:
        state: Creditor = work.state(creditor_stream(creditor))
        if state.policy is None:
            raise NotFound(f"creditor {creditor} is not set up")
        return state


def _policy(creditor: Creditor) -> PolicyRef:
    if creditor.policy is None:
        raise NotFound(f"creditor {creditor.creditor} is not set up")
    return creditor.policy
