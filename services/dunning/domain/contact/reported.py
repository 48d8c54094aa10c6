"""Contacts that an agency made for the creditor and reports: they count as the creditor's own."""

from chassis.errors import Rejected
from services.dunning.domain.contact.commands import RecordContact
from services.dunning.domain.contact.events import ContactReported
from services.dunning.domain.contact.evolve import name_of
from services.dunning.domain.localtime import local_day
from services.dunning.domain.recorder import Recorder


def record_contact(rec: Recorder, command: RecordContact) -> None:
    """Count a contact on the day it was made, however late it is told; told again it is no other
    one, and one of the future counts on no day yet.
    """
    if command.at > rec.now:
        raise Rejected("at: a contact is reported after it was made")
    if name_of(command.agency, command.reference) in rec.state.reported:
        return
    rec.emit(
        ContactReported(
            contact_id=rec.new_id("k"),
            case_id=rec.case_id,
            agency=command.agency,
            reference=command.reference,
            channel=command.channel,
            on=local_day(command.at, rec.zone),
            at=command.at,
        )
    )
