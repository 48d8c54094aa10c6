"""Whose money an entry is: by what it says and what is known, and never by a guess."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from arrears.billing_import.entries import Aside, Entry, Said
from arrears.billing_import.events import Builder, Happening
from arrears.billing_import.ids import identifier
from arrears.billing_import.known import Known, Paid, creditor_reference
from arrears.billing_import.mapping import ImportMap


class Unmatched(Exception):
    """Whose an entry is cannot be said, and why."""


@dataclass
class Matched:
    """What came of the entries: messages, those nobody could be found for, those taken before."""

    played: list[Happening] = field(default_factory=list)
    unmatched: list[tuple[Entry, str]] = field(default_factory=list)
    before: list[Aside] = field(default_factory=list)
    payments: int = 0
    returns: int = 0


def match(entries: Sequence[Entry], known: Known, mapping: ImportMap) -> Matched:
    """Make messages of the entries, payments first: a return may be of one in the same file.

    What becomes known on the way is kept in `known`.
    """
    for account, owner in mapping.payers.items():
        known.add_account(identifier(owner), owner, [account])
    found = Matched()
    matcher = _Matcher(known, mapping)
    for entry in sorted(entries, key=lambda each: each.is_return):
        try:
            message = matcher.taken_back(entry) if entry.is_return else matcher.paid(entry)
        except Unmatched as problem:
            found.unmatched.append((entry, str(problem)))
            continue
        if message is None:
            found.before.append(Aside(entry.where, "was imported before"))
            continue
        found.played.append(message)
        found.returns += entry.is_return
        found.payments += not entry.is_return
    return found


class _Matcher:
    def __init__(self, known: Known, mapping: ImportMap) -> None:
        self._known = known
        self._map = mapping
        self._build = Builder(mapping)

    def paid(self, entry: Entry) -> Happening | None:
        """The payment an entry is; None when it is known already."""
        if entry.payment in self._known.payments:
            return None
        account, invoices = self._whose(entry.said)
        at = self._instant(entry.received)
        data = {
            "payment_id": entry.payment,
            "number": entry.number,
            "amount": entry.amount,
            "currency": self._map.currency,
            "received_at": at,
            "method": entry.method or self._map.method,
            "invoices": invoices,
        }
        return self._message("payment.received.v1", account, f"payment-{entry.payment}", at, data)

    def taken_back(self, entry: Entry) -> Happening | None:
        """The reversal a return is, of the one payment it can be; None when it is known already."""
        name = f"return-{entry.payment}"
        if name in self._known.returned:
            return None
        payment_id, account, whole = self._returned(entry)
        data = {
            "payment_id": payment_id,
            "amount": None if whole else entry.amount,
            "reason": entry.reason,
        }
        at = self._instant(entry.received)
        return self._message("payment.reversed.v1", account, name, at, data)

    def _message(
        self, kind: str, account: str, name: str, at: datetime, data: Mapping[str, object]
    ) -> Happening:
        message = self._build.message(kind, account, name, at, data)
        if message.event is not None:
            self._known.learn(message.event)
        return message

    def _instant(self, received: date | datetime) -> datetime:
        return received if isinstance(received, datetime) else self._build.instant(received)

    def _whose(self, said: Said) -> tuple[str, list[str]]:
        """The account, and those of its invoices that are named: by the account's number, else by
        invoices, else by an account's number in a text, else by who pays.
        """
        named = self._invoices(said)
        if said.account:
            account = self._told(said.account)
            unknown = [identifier(each) for each in said.invoices if not self._is_known(each)]
            return account, [*sorted(i for a, i in named if a == account), *unknown]
        account = self._only(
            ({a for a, _ in named}, "invoices"),
            (self._in_texts(said), "accounts"),
            ({a for p in said.payers for a in self._known.accounts_paying_from(p)}, "payers"),
        )
        return account, sorted(invoice for owner, invoice in named if owner == account)

    def _only(self, *levels: tuple[set[str], str]) -> str:
        for accounts, what in levels:
            if len(accounts) > 1:
                several = ", ".join(sorted(accounts))
                raise Unmatched(f"its {what} are of several accounts: {several}")
            if accounts:
                return next(iter(accounts))
        nothing = "" if self._known.is_told else " (nothing is known: --known FILE or --live)"
        raise Unmatched(f"names no known invoice, account or payer{nothing}")

    def _told(self, number: str) -> str:
        """The account of a number given as such."""
        found = self._known.accounts_of(number)
        if len(found) == 1:
            return next(iter(found))
        if found or self._known.is_told:
            raise Unmatched(f"account '{number}' is {'several' if found else 'not known'}")
        return identifier(number)

    def _is_known(self, invoice: str) -> bool:
        return bool(self._known.invoices(invoice))

    def _invoices(self, said: Said) -> set[tuple[str, str]]:
        named: set[tuple[str, str]] = set()
        for number in (*said.invoices, *self._references(said)):
            found = self._known.invoices(number)
            if len({invoice for _, invoice in found}) > 1:
                raise Unmatched(f"'{number}' can be several invoices")
            named |= found
        for text in said.texts:
            named |= self._known.invoices_in(text)
        return named

    def _in_texts(self, said: Said) -> set[str]:
        found = {a for each in self._references(said) for a in self._known.accounts_of(each)}
        return found | {a for text in said.texts for a in self._known.accounts_in(text)}

    @staticmethod
    def _references(said: Said) -> Iterable[str]:
        for text in said.references:
            yield text
            if (reference := creditor_reference(text)) is not None:
                yield reference

    def _returned(self, entry: Entry) -> tuple[str, str, bool]:
        """The payment a return takes back, its account, and whether that is all that is left of
        it: the payment it names, else the only one of its account with that amount left (and of
        the invoice it names). A file that names both is believed where nobody said what there is.
        """
        said = entry.said
        if said.account and said.takes_back and not self._known.is_told:
            return identifier(said.takes_back[0]), self._told(said.account), False
        paid = self._named(entry) or self._fitting(entry)
        if entry.amount > paid.left:
            raise Unmatched(f"takes back more than is left of payment {paid.payment_id}")
        return paid.payment_id, paid.account, paid.left == entry.amount

    def _named(self, entry: Entry) -> Paid | None:
        """The payment with the identifier or number that a return gives. Payers choose numbers
        too: of several only one may have the amount left.
        """
        found = {
            paid.payment_id: paid
            for name in entry.said.takes_back
            for paid in self._known.payments_called(name)
        }
        if len(found) > 1:
            found = {id_: paid for id_, paid in found.items() if paid.left == entry.amount}
            if len(found) != 1:
                raise Unmatched("several payments have the reference it gives")
        paid = next(iter(found.values()), None)
        payers = {a for p in entry.said.payers for a in self._known.accounts_paying_from(p)}
        if paid is not None and payers and paid.account not in payers:
            raise Unmatched(f"payment {paid.payment_id} is not of the account it names")
        return paid

    def _fitting(self, entry: Entry) -> Paid:
        account, invoices = self._whose(entry.said)
        fitting = [p for p in self._known.payments_of(account) if p.left == entry.amount]
        candidates = [paid for paid in fitting if set(paid.invoices) & set(invoices)] or fitting
        if len(candidates) != 1:
            many = f"{len(candidates)} payments" if candidates else "no known payment"
            raise Unmatched(f"{many} of account {account} can be the one it takes back")
        return candidates[0]
