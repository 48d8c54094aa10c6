"""A result of a notice on its way into the account it belongs to, whoever told it."""

from dataclasses import dataclass
from datetime import datetime

from chassis.runtime.service import Service
from chassis.store.work import Work
from contracts.words.streams import Subject, account_stream, key_of
from contracts.words.vocabulary import DeliveryResult
from services.notifier.domain.commands import RecordDelivery
from services.notifier.domain.decide import decide
from services.notifier.domain.state import Account


@dataclass(frozen=True)
class Report:
    """What became of a notice; `call_id` is that of the web hook that told it."""

    channel: str
    notice_id: str
    result: DeliveryResult
    at: datetime | None = None
    call_id: str = ""


async def store(service: Service, subject: Subject, report: Report) -> None:
    """Record a result; raises `NotFound` where no such notice was sent."""
    stream = account_stream(*subject)

    def run(work: Work) -> None:
        # Nothing becomes known of a notice before it happens, whatever a provider's clock says.
        at = min(report.at or work.now, work.now)
        command = RecordDelivery(
            report.channel, report.result, at, report.notice_id, report.call_id
        )
        record_delivery(work, stream, command)

    await service.execute(key_of(*subject), [stream], run)


def record_delivery(work: Work, stream: str, command: RecordDelivery) -> str:
    """Apply a delivery result; answers which notice it was about."""
    state: Account = work.state(stream)
    work.append(stream, decide(state, command))
    told = [one.notice_id for one in state.sent if one.about.channel == command.channel]
    return command.notice_id or told[-1]
