"""What a document claims on a day: from the ledger's figures, or from those it was decided on."""

from datetime import date

from chassis.owed.amounts import Owed, overdue_on
from chassis.owed.gate import is_fresh
from chassis.owed.ledger import LedgerView
from services.legal.domain.events import Asked


def claim(view: LedgerView, request: Asked, day: date) -> Owed:
    """The ledger's figures of the day when it is as new as the decision, else the decision's; money
    that waits on the account is not claimed.
    """
    if is_fresh(view, request, day):
        return overdue_on(view, day)
    return Owed(request.currency, request.principal, request.late_fee, request.items)
