"""Drawing documents up: at once, or when what they wait for has come."""

from dataclasses import dataclass

import msgspec

from chassis.logging import get_logger
from chassis.owed.amounts import OwedItem
from chassis.owed.terms import Terms
from chassis.store.work import Work
from chassis.tracing.spans import part
from contracts import dunning
from contracts.codec import Message
from contracts.words.streams import matter_stream, subject_of, terms_stream
from services.legal.domain import commands as c
from services.legal.domain import events as e
from services.legal.domain.amounts import claim
from services.legal.domain.decide import decide
from services.legal.domain.parties import Profile
from services.legal.domain.state import Matter, PendingDocument
from services.legal.rendering.compose import Documents, Drawing
from services.legal.settings import LegalSettings

log = get_logger(__name__)


@dataclass(frozen=True)
class Drafting:
    """What takes requests for documents on and draws them up, at once or when what they wait for
    has come.
    """

    documents: Documents
    settings: LegalSettings

    def requested(self, work: Work, message: Message) -> None:
        """Take a request on."""
        data: dunning.LegalRequested = message.data
        stream = matter_stream(message.creditor, message.subject)
        wanted = e.DocumentRequested(
            request_id=data.request_id,
            document=data.document,
            case_id=data.case_id,
            ledger_version=data.ledger_version,
            requested_at=work.now,
            currency=data.currency,
            principal=data.principal,
            late_fee=data.late_fee,
            total=data.total,
            items=tuple(
                OwedItem(one.item_id, one.item, one.due_on, one.principal, one.late_fee)
                for one in data.items
            ),
            policy=data.policy,
            policy_version=data.version,
            step=data.step,
            correlation=message.correlationid,
        )
        asked = c.RequestDocument(wanted, more=bool(data.more), part=data.part)
        taken = decide(work.state(stream), asked)
        work.append(stream, taken)
        if taken and not data.more:
            self._draw(work, stream, work.state(stream).pending[data.request_id])

    def wake(self, work: Work, stream: str) -> None:
        """Look again at what waits, and at the term of a judgment."""
        state: Matter = work.state(stream)
        for one in list(state.pending.values()):
            if one.until is None or one.until <= work.now:
                self._draw(work, stream, one)
        work.append(stream, decide(work.state(stream), c.EndTerm(work.now)))

    def _draw(self, work: Work, stream: str, request: PendingDocument) -> None:
        state: Matter = work.state(stream)
        subject = subject_of(stream)
        terms: Terms = work.state(terms_stream(subject.creditor, work.lane))
        stopped = decide(state, c.CheckDocument(request.request_id, terms, work.now))
        if stopped:
            work.append(stream, stopped)
            return
        drawing = self._drawing(work, stream, request, terms)
        try:
            with part("draw document", "internal", {"arrears.document": request.document}):
                text = self.documents.draw(drawing)
        # whatever is wrong with it, one document fails and the others go on
        except Exception as error:  # noqa: BLE001
            log.warning("document_unwritable", stream=stream, error=error)
            work.append(stream, decide(state, c.RefuseDocument(request.request_id, "template")))
            return
        issued = c.IssueDocument(
            request_id=request.request_id,
            sha256=text.sha256,
            content=work.seal(
                subject,
                {"title": text.title, "body": text.body, "language": drawing.language},
                "content",
            ),
            claim=drawing.claim,
            day=drawing.today,
        )
        work.append(stream, decide(state, issued))

    def _drawing(self, work: Work, stream: str, request: PendingDocument, terms: Terms) -> Drawing:
        state, subject = work.state(stream), subject_of(stream)
        today = work.now.astimezone(terms.zone).date()
        return Drawing(
            request=request,
            matter=state,
            profile=msgspec.convert(work.open(subject, state.profile, "profile"), Profile),
            claim=claim(state.ledger, request, today),
            terms=terms,
            office=self.settings.office(subject.creditor),
            today=today,
            numbers={
                key: str(work.open(subject, one, "number") or "")
                for key, one in state.numbers.items()
            },
        )
