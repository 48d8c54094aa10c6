"""A result of a notice on its way into the account it belongs to, whoever told it."""

from dataclasses import dataclass
from datetime import datetime

from chassis.runtime.service import Service
from chassis.store.work import Work
from contracts.words.streams import Subject, account_stream, key_of
from services.notifier.adapters.gateway import Fate
from services.notifier.adapters.voice import call_of
from services.notifier.domain.commands import Command, RecordCall, RecordDelivery
from services.notifier.domain.decide import decide
from services.notifier.domain.state import Account


@dataclass(frozen=True)
class Report:
    """What became of a notice; `call_id` is that of the web hook that told it, `reference` names
    the call of a notice by voice.
    """

    channel: str
    notice_id: str
    result: Fate
    at: datetime | None = None
    call_id: str = ""
    reference: str = ""


async def store(service: Service, subject: Subject, report: Report, calls_max: int = 1) -> None:
    """Record a result; raises `NotFound` where no such notice was sent. A call that nobody takes is
    repeated until there were `calls_max`.
    """
    stream = account_stream(*subject)

    def run(work: Work) -> None:
        command = _command(report, work.now, calls_max)
        work.append(stream, decide(work.state(stream), command))

    await service.execute(key_of(*subject), [stream], run)


def record_delivery(work: Work, stream: str, command: RecordDelivery) -> str:
    """Apply a delivery result; answers which notice it was about."""
    state: Account = work.state(stream)
    work.append(stream, decide(state, command))
    told = [one.notice_id for one in state.sent if one.about.channel == command.channel]
    return command.notice_id or told[-1]


def _command(report: Report, now: datetime, calls_max: int) -> Command:
    # Nothing becomes known of a notice before it happens, whatever a provider's clock says.
    at = min(report.at or now, now)
    match report.result:
        case "busy" | "no_answer" | "machine":
            return RecordCall(
                notice_id=report.notice_id,
                how=report.result,
                at=at,
                now=now,
                calls_max=calls_max,
                call=call_of(report.reference)[1] if report.reference else 0,
                callback_id=report.call_id,
            )
        case result:
            return RecordDelivery(report.channel, result, at, report.notice_id, report.call_id)
