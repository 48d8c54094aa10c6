"""What upstream tells of the debtor."""

from services.dunning.domain.contact.commands import EraseAccount, UpdateAccount
from services.dunning.domain.contact.events import AccountErased, AccountUpdated
from services.dunning.domain.money.direct_debit import withdraw
from services.dunning.domain.recorder import Recorder


def update_account(rec: Recorder, command: UpdateAccount) -> None:
    """Take over what upstream tells; a mandate that is gone is reacted to."""
    had_mandate = rec.state.mandate
    rec.emit(
        AccountUpdated(
            segment=command.segment,
            attributes=command.attributes,
            profile=command.profile,
            reachable=command.reachable,
            agreement=command.agreement,
            responsible=command.responsible,
            mandate=command.mandate,
            department=command.department,
            guarantors=command.guarantors,
            people=command.people,
            number=command.number,
        )
    )
    if had_mandate and not command.mandate:
        withdraw(rec)


def erase_account(rec: Recorder, command: EraseAccount) -> None:
    rec.emit(AccountErased())
