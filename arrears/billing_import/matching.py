"""Entries become messages: payments of an account, and what takes them back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from arrears.billing_import.debits import requested
from arrears.billing_import.entries import Aside, Entry
from arrears.billing_import.events import Builder, Happening
from arrears.billing_import.ids import identifier
from arrears.billing_import.known import Known, Paid
from arrears.billing_import.mapping import ImportMap
from arrears.billing_import.owners import Unmatched, told, whose

_CODE = re.compile(r"[A-Z]{2}[0-9]{2}")


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
            if entry.is_return:
                messages = matcher.taken_back(entry)
            else:
                payment = matcher.paid(entry)
                messages = None if payment is None else [payment]
        except Unmatched as problem:
            found.unmatched.append((entry, str(problem)))
            continue
        if messages is None:
            found.before.append(Aside(entry.where, "was imported before"))
            continue
        found.played += messages
        found.returns += entry.is_return
        found.payments += not entry.is_return
    return found


class _Matcher:
    def __init__(self, known: Known, mapping: ImportMap) -> None:
        self._known = known
        self._map = mapping
        self._build = Builder(mapping)

    def paid(self, entry: Entry) -> Happening | None:
        """The payment an entry is; None when it is known already. One that answers a direct debit
        has the request's identifier before its own.
        """
        request = requested(entry.said, self._known, self._map.creditor)
        payment = identifier(f"{request[0]}:{entry.payment}") if request else entry.payment
        if {payment, entry.payment} & self._known.payments.keys():
            return None
        account, invoices = (request[1], []) if request else whose(self._known, entry.said)
        at = self._instant(entry.received)
        data = {
            "payment_id": payment,
            "number": entry.number,
            "amount": entry.amount,
            "currency": self._map.currency,
            "received_at": at,
            "method": "direct_debit" if request else entry.method or self._map.method,
            "invoices": invoices,
        }
        return self._message("payment.received.v1", account, f"payment-{payment}", at, data)

    def taken_back(self, entry: Entry) -> list[Happening] | None:
        """The reversal a return is, of the one payment it can be; None when it is known already.
        The return of a direct debit says too that the request failed, and why.
        """
        name = f"return-{entry.payment}"
        if name in self._known.returned:
            return None
        at = self._instant(entry.received)
        request = requested(entry.said, self._known, self._map.creditor)
        if request is None:
            return [self._reversal(*self._returned(entry), name, at, entry)]
        request_id, account = request
        answers = [
            (paid.payment_id, account, paid.left == entry.amount)
            for paid in self._known.payments_of(account)
            if paid.payment_id.partition(":")[0] == request_id and paid.left >= entry.amount
        ]
        reversals = [self._reversal(*answer, name, at, entry) for answer in answers[:1]]
        failed = {
            "request_id": request_id,
            "reason": entry.reason if _CODE.fullmatch(entry.reason) else None,
        }
        failure = self._message(
            "direct_debit.failed.v1", account, f"failed-{entry.payment}", at, failed
        )
        return [*reversals, failure]

    def _reversal(
        self, payment_id: str, account: str, whole: bool, name: str, at: datetime, entry: Entry
    ) -> Happening:
        data = {
            "payment_id": payment_id,
            "amount": None if whole else entry.amount,
            "reason": entry.reason,
        }
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

    def _returned(self, entry: Entry) -> tuple[str, str, bool]:
        """The payment a return takes back, its account, and whether that is all that is left of
        it: the payment it names, else the only one of its account with that amount left (and of
        the invoice it names). A file that names both is believed where nobody said what there is.
        """
        said = entry.said
        if said.account and said.takes_back and not self._known.is_told:
            return identifier(said.takes_back[0]), told(self._known, said.account), False
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
        account, invoices = whose(self._known, entry.said)
        fitting = [p for p in self._known.payments_of(account) if p.left == entry.amount]
        candidates = [paid for paid in fitting if set(paid.invoices) & set(invoices)] or fitting
        if len(candidates) != 1:
            many = f"{len(candidates)} payments" if candidates else "no known payment"
            raise Unmatched(f"{many} of account {account} can be the one it takes back")
        return candidates[0]
