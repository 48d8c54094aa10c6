"""Handing a case on and going to court, and how far the court is."""

from services.dunning.domain.case.commands import RecordLegalProgress
from services.dunning.domain.case.events import LegalProgressRecorded, LegalRequested, ReferralMade
from services.dunning.domain.checks import one_of
from services.dunning.domain.money.owing import asked, overdue, overdue_principal
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import Legal, Refer

LEGAL_PROGRESS = ("filed", "hearing", "judgment", "settled", "enforced", "frozen", "seized")


def refer(rec: Recorder, action: Refer, cause: Cause) -> None:
    """Hand the case to somebody outside, with what is overdue."""
    rec.effect(
        ReferralMade(
            to=action.to,
            on=rec.today,
            ledger_version=rec.state.ledger_version,
            overdue=overdue_principal(rec.state, rec.today),
            currency=rec.state.currency,
        ),
        cause,
    )


def request_document(rec: Recorder, action: Legal, cause: Cause) -> None:
    """Ask legal for a document, with the figures of the day."""
    figures = asked(rec.state, overdue(rec.state, rec.today), rec.today)
    rec.effect(
        LegalRequested(
            request_id=rec.new_id("l"),
            document=action.document,
            on=rec.today,
            ledger_version=rec.state.ledger_version,
            principal=figures.principal,
            late_fee=figures.late_fee,
            total=figures.total,
            items=figures.items,
            currency=rec.state.currency,
        ),
        cause,
    )


def record_legal_progress(rec: Recorder, command: RecordLegalProgress) -> None:
    one_of("legal progress", command.progress, LEGAL_PROGRESS)
    rec.emit(
        LegalProgressRecorded(
            progress=command.progress, on=command.on or rec.today, amount=command.amount
        )
    )
