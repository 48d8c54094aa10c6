"""What is known to match payments with: accounts, their invoices, and payments that came before."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from arrears.billing_import.ids import identifier

_RUN = re.compile(r"[0-9]+|[A-Za-z]+|[^\W_]")
_RUNS_MAX = 14
_TOO_SHORT = re.compile(r"[0-9]{1,4}|.{1,2}", re.DOTALL)
_RF = re.compile(r"RF[0-9]{2}[0-9A-Z]{1,21}\Z")


def plain(number: str) -> str:
    """Letters and digits of a number alone, in one case: how references are compared."""
    return "".join(letter for letter in number.casefold() if letter.isalnum())


def payer(account: str) -> str:
    """An account at a bank as it is compared: without blanks, in one case."""
    return "".join(account.split()).upper()


def creditor_reference(text: str) -> str | None:
    """What stands behind `RF` and check digits in a creditor reference of ISO 11649; None when it
    is none.
    """
    reference = "".join(text.split()).upper()
    if not _RF.match(reference):
        return None
    moved = reference[4:] + reference[:4]
    return reference[4:] if int("".join(str(int(c, 36)) for c in moved)) % 97 == 1 else None


@dataclass
class Paid:
    """A payment that came before; `left` of it was not taken back."""

    payment_id: str
    account: str
    left: int
    number: str | None = None
    invoices: tuple[str, ...] = ()


@dataclass
class Known:
    """Accounts and invoices by what may name them; where `is_told` is false nobody said what there
    is, and an account that a file gives as such is believed.
    """

    is_told: bool = False
    accounts: dict[str, str] = field(default_factory=dict)
    """Identifier → number."""
    payments: dict[str, Paid] = field(default_factory=dict)
    returned: set[str] = field(default_factory=set)
    """Ids of the messages that took payments back."""
    _invoices: dict[str, set[tuple[str, str, str]]] = field(
        default_factory=lambda: defaultdict(set)
    )
    _accounts: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    _payers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _codes: dict[str, str] = field(default_factory=dict)
    _coded: int = 0
    _called: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _paid_by: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add_account(
        self, account: str, number: str | None = None, payers: Iterable[str] = ()
    ) -> None:
        """An account, and the accounts at banks that it pays from."""
        self.accounts[account] = number or self.accounts.get(account) or account
        for name in {account, number or account}:
            self._accounts[plain(name)].add((account, name))
        for each in payers:
            self._payers[payer(each)].add(account)

    def add_invoice(self, account: str, invoice: str, number: str | None = None) -> None:
        """An invoice of an account."""
        self.accounts.setdefault(account, account)
        for name in {invoice, number or invoice}:
            self._invoices[plain(name)].add((account, invoice, name))

    def add_payment(self, paid: Paid) -> None:
        """A payment that came; told again it stays as it is."""
        if paid.payment_id in self.payments:
            return
        self.payments[paid.payment_id] = paid
        self._paid_by[paid.account].append(paid.payment_id)
        for name in {paid.payment_id, paid.number or paid.payment_id}:
            self._called[name].add(paid.payment_id)

    def learn(self, event: dict[str, Any]) -> None:
        """Take a billing message into account; others than the known kinds are passed over."""
        data = event["data"]
        match event["type"]:
            case "billing.account.upserted.v1":
                iban = (data.get("attributes") or {}).get("iban")
                payers = [iban] if isinstance(iban, str) else []
                self.add_account(data["account_id"], data.get("number"), payers)
            case "billing.invoice.issued.v1":
                self.add_account(data["account_id"])
                self.add_invoice(data["account_id"], data["invoice_id"], data.get("number"))
            case "billing.payment.received.v1":
                invoices = tuple(data.get("invoices", ()))
                self.add_payment(
                    Paid(
                        data["payment_id"],
                        data["account_id"],
                        data["amount"],
                        data.get("number"),
                        invoices,
                    )
                )
            case "billing.payment.reversed.v1":
                self.returned.add(event["id"])
                if (paid := self.payments.get(data["payment_id"])) is not None:
                    paid.left -= data.get("amount", paid.left)

    def account_with_code(self, code: str, codes_of: Callable[[str], Sequence[str]]) -> str | None:
        """The account that has a code; the codes are worked out once."""
        if self._coded != len(self.accounts):
            self._codes = {code: each for each in self.accounts for code in codes_of(each)}
            self._coded = len(self.accounts)
        return self._codes.get(code)

    def invoices(self, number: str) -> set[tuple[str, str]]:
        """(account, invoice) that a number names as a whole: exactly, else by its letters and
        digits.
        """
        found = _whole(number, self._invoices)
        return {(account, invoice) for account, invoice, _ in found}

    def accounts_of(self, number: str) -> set[str]:
        """Accounts that a number names as a whole, in the same way."""
        return {account for account, _ in _whole(number, self._accounts)}

    def payments_called(self, name: str) -> list[Paid]:
        """Payments that have an identifier or number."""
        ids = self._called.get(name, set()) | self._called.get(identifier(name), set())
        return [self.payments[id_] for id_ in sorted(ids)]

    def payments_of(self, account: str) -> list[Paid]:
        """An account's payments."""
        return [self.payments[id_] for id_ in self._paid_by.get(account, ())]

    def accounts_paying_from(self, account: str) -> set[str]:
        """Accounts whose bank account it is."""
        return self._payers.get(payer(account), set())

    def invoices_in(self, text: str) -> set[tuple[str, str]]:
        """(account, invoice) named in a text that a person wrote."""
        return {(account, invoice) for account, invoice, _ in _named(text, self._invoices)}

    def accounts_in(self, text: str) -> set[str]:
        """Accounts named in a text that a person wrote."""
        return {account for account, _ in _named(text, self._accounts)}


def _whole(number: str, index: dict[str, set[Any]]) -> set[Any]:
    names = {number, identifier(number)}
    exact = {each for name in names for each in index.get(plain(name), ()) if each[-1] in names}
    return exact or index.get(plain(number), set())


def _named(text: str, index: dict[str, set[Any]]) -> set[Any]:
    """What the numbers in a text name. A bank breaks lines in the middle of a number or where a
    blank was: both are tried.
    """
    found: set[Any] = set()
    for variant in {text.replace("\n", ""), text.replace("\n", " ")}:
        found |= set(_search(variant, index))
    return found


def _search(text: str, index: dict[str, set[Any]]) -> Iterator[Any]:
    """The longest numbers from left to right, each with its bounds in the text."""
    runs = [(match.start(), match.end(), match[0].casefold()) for match in _RUN.finditer(text)]
    at = 0
    while at < len(runs):
        behind = runs[at : at + _RUNS_MAX]
        keys = accumulate(run for _, _, run in behind)
        hits = [number for number, key in enumerate(keys) if key in index]
        for last in reversed(hits):
            begin, end = behind[0][0], behind[last][1]
            named = _exactly(text[begin:end], index)
            if named and _bounded(text, begin, end):
                yield from named
                at += last
                break
        at += 1


def _exactly(piece: str, index: dict[str, set[Any]]) -> set[Any]:
    """What a piece of text names, written as the number is or as its letters and digits alone."""
    if _TOO_SHORT.fullmatch(piece):
        return set()
    folded = piece.casefold()
    key = plain(piece)
    return {each for each in index.get(key, ()) if folded in {each[-1].casefold(), key}}


def _bounded(text: str, begin: int, end: int) -> bool:
    """Whether a piece stands alone: not within a longer number. Letters and a mark may precede it
    (`RG-1001`), no further digits may.
    """
    before = re.search(r"[0-9A-Za-z\-/_.]*\Z", text[:begin])
    after = re.match(r"[\-/_.]*[0-9A-Za-z]?", text[end:])
    ahead = before[0] if before and text[begin].isascii() else ""
    behind = after[0] if after and text[end - 1].isascii() else ""
    within = ahead[-1:].isalnum() or any(letter.isdigit() for letter in ahead)
    return not within and not behind[-1:].isalnum()
