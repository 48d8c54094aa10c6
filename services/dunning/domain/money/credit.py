"""Who may owe at all, and who answers for it."""

from collections.abc import Sequence
from datetime import date

from contracts.words.late_fee import late_fee_at
from services.dunning.domain.account import Account
from services.dunning.domain.money.events import InvoiceCounted
from services.dunning.domain.money.owing import is_unpaid, waiting_for
from services.dunning.domain.money.state import Item
from services.dunning.domain.recorder import Recorder
from services.dunning.policy.facts import InvoiceFact
from services.dunning.policy.model import Pack

_CANCELLED = "cancelled"


def new_invoices(state: Account, items: Sequence[Item]) -> list[Item]:
    """The open items never heard of before."""
    known = (*state.items, *state.settled, *state.written_off)
    return [item for item in items if item.state == "open" and item.item_id not in known]


def check_credit(rec: Recorder, invoices: Sequence[Item]) -> None:
    """React to every new invoice of an account that has no agreement in force when it is issued;
    one that waiting prepayment covers wholly is not on credit.
    """
    rules = rec.pack.credit
    if rules is None or not rules.agreement_required:
        return
    for invoice in invoices:
        agreement = rec.state.agreement
        if agreement is not None and agreement.covers(invoice.issued_on):
            continue
        if not is_prepaid(rec.state, invoice, rec.today):
            rec.react(InvoiceFact("without_agreement"))


def is_prepaid(state: Account, item: Item, day: date) -> bool:
    """Whether money on the account covers an item wholly once it falls due; what waits for other
    invoices it names does not.
    """
    left = waiting_for(state, [item], day, state.prepaid - state.waiting)
    return left >= item.principal + late_fee_at(item.accrual, day)


def count_invoices(rec: Recorder, before: Account, items: Sequence[Item]) -> None:
    """Keep count of everything invoiced, where the pack sets arrears against it."""
    if rec.pack.credit is None or rec.pack.credit.arrears_ratio_max is None:
        return
    for item in items:
        amount = 0 if item.state == _CANCELLED else item.amount
        known = before.items.get(item.item_id)
        if known is None or known.amount != amount:
            rec.emit(InvoiceCounted(item_id=item.item_id, issued_on=item.issued_on, amount=amount))


def owes(state: Account, day: date) -> bool:
    """Whether anything at all is unpaid, due or not."""
    return any(is_unpaid(item, day) for item in state.items.values())


def keeps_responsible(state: Account, pack: Pack, day: date) -> bool:
    """Whether the person responsible must not change: they keep the account until it is cleared."""
    binds = pack.credit is not None and pack.credit.responsible_clearance
    return binds and state.responsible is not None and owes(state, day)
