"""How long what is known of a debtor is kept once nothing is owed: the creditor's own period.

The ledger, which knows the money, carries the erasure out; here it is said that the time is over.
"""

from services.dunning.domain.case.commands import EndRetention
from services.dunning.domain.case.events import RetentionEnded
from services.dunning.domain.recorder import Recorder


def end_retention(rec: Recorder, command: EndRetention) -> None:
    """Say so, once, unless the account is in use after all.

    It is while anything is open, disputed, agreed or restricted, while money waits, a person has
    still something to do, or a hold stands: a debtor who had processing restricted may need it.
    """
    state = rec.state
    in_use = (
        state.case or state.items or state.is_on_hold or state.waiting or state.prepaid,
        state.disputes or state.plan or state.promises or state.applications,
        state.approvals or state.tasks or state.restrictions or state.debits,
    )
    if state.is_over or any(in_use):
        return
    rec.emit(RetentionEnded(closed_on=command.closed_on, days=command.days))
