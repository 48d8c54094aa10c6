"""Whose money an entry is: by what it says and what is known, and never by a guess."""

from collections.abc import Iterable

from arrears.billing_import.entries import Said
from arrears.billing_import.ids import identifier
from arrears.billing_import.known import Known, creditor_reference


class Unmatched(Exception):
    """Whose an entry is cannot be said, and why."""


def whose(known: Known, said: Said) -> tuple[str, list[str]]:
    """The account, and those of its invoices that are named: by the account's number, else by
    invoices, else by an account's number in a text, else by who pays.
    """
    named = _invoices(known, said)
    if said.account:
        account = told(known, said.account)
        unknown = [identifier(each) for each in said.invoices if not known.invoices(each)]
        return account, [*sorted(i for a, i in named if a == account), *unknown]
    account = _only(
        known,
        ({a for a, _ in named}, "invoices"),
        (_in_texts(known, said), "accounts"),
        ({a for p in said.payers for a in known.accounts_paying_from(p)}, "payers"),
    )
    return account, sorted(invoice for owner, invoice in named if owner == account)


def _only(known: Known, *levels: tuple[set[str], str]) -> str:
    for accounts, what in levels:
        if len(accounts) > 1:
            several = ", ".join(sorted(accounts))
            raise Unmatched(f"its {what} are of several accounts: {several}")
        if accounts:
            return next(iter(accounts))
    nothing = "" if known.is_told else " (nothing is known: --known FILE or --live)"
    raise Unmatched(f"names no known invoice, account or payer{nothing}")


def told(known: Known, number: str) -> str:
    """The account of a number given as such."""
    found = known.accounts_of(number)
    if len(found) == 1:
        return next(iter(found))
    if found or known.is_told:
        raise Unmatched(f"account '{number}' is {'several' if found else 'not known'}")
    return identifier(number)


def _invoices(known: Known, said: Said) -> set[tuple[str, str]]:
    named: set[tuple[str, str]] = set()
    for number in (*said.invoices, *_references(said)):
        found = known.invoices(number)
        if len({invoice for _, invoice in found}) > 1:
            raise Unmatched(f"'{number}' can be several invoices")
        named |= found
    for text in said.texts:
        named |= known.invoices_in(text)
    return named


def _in_texts(known: Known, said: Said) -> set[str]:
    found = {a for each in _references(said) for a in known.accounts_of(each)}
    return found | {a for text in said.texts for a in known.accounts_in(text)}


def _references(said: Said) -> Iterable[str]:
    for text in said.references:
        yield text
        if (reference := creditor_reference(text)) is not None:
            yield reference
