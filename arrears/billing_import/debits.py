"""Direct debits that the bank was asked for: its answers give the request's identifier back."""

import re

from arrears.billing_import.entries import Said
from arrears.billing_import.known import Known
from services.dunning.domain.codes import earlier_id_code, id_code

_REQUEST = re.compile(r"(?<![0-9A-Za-z])([a-z2-7]{26}|[0-9a-f]{12})-b[0-9]+(?![0-9A-Za-z])")


def requested(said: Said, known: Known, creditor: str) -> tuple[str, str] | None:
    """The request an entry answers and the account it debits; None unless it is exactly one.

    A request's identifier begins with a code of its account, so that it says whose it is.
    """
    texts = [text.replace("\n", "") for text in (*said.texts, *said.takes_back)]
    found = {match[0]: match[1] for text in texts for match in _REQUEST.finditer(text)}
    if len(found) != 1:
        return None
    ((request, code),) = found.items()
    account = known.account_with_code(code, lambda each: _codes(f"{creditor}/{each}"))
    return None if account is None else (request, account)


def _codes(name: str) -> tuple[str, str]:
    """The fronts of an account's ids, of this version and of the ones before."""
    return id_code(name), earlier_id_code(name)
