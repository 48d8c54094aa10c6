"""What people observe."""

from services.dunning.domain.case.commands import RecordObservation
from services.dunning.domain.case.events import ObservationRecorded
from services.dunning.domain.case.holds import DECEASED, stop_for_death
from services.dunning.domain.recorder import Recorder
from services.dunning.policy.facts import ObservationFact


def record_observation(rec: Recorder, command: RecordObservation) -> None:
    known = command.kind in rec.state.observed
    rec.emit(
        ObservationRecorded(
            observation_id=rec.new_id("o"), kind=command.kind, on=rec.today, note=command.note
        )
    )
    if command.kind == DECEASED:
        stop_for_death(rec, known=known)
    rec.reassess()
    rec.react(ObservationFact(command.kind))
