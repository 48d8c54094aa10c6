"""Putting issued documents into the documents folder, and taking those of erased debtors out."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date

from chassis.aside import aside
from chassis.errors import Transient
from chassis.logging import get_logger
from chassis.runtime.service import Service
from chassis.store.pool import acquire
from chassis.store.traces import of_types
from chassis.store.work import Work
from chassis.tracing.spans import Span
from contracts.words.streams import Subject, key_of, matter_stream
from services.legal.adapters.folder import DocumentsFolder
from services.legal.domain import commands as c
from services.legal.domain.decide import decide
from services.legal.domain.events import DocumentIssued
from services.legal.rendering.papers import Papers, sha256_of
from services.legal.views import documents
from services.legal.views.documents import Paper

log = get_logger(__name__)


@dataclass
class Filing:
    """Writes what is to be filed. The file comes first, the record of it after: writing twice
    leaves one file, so a crash in between does no harm.
    """

    folder: DocumentsFolder
    batch_max: int
    papers: Papers | None = None

    async def __call__(self, service: Service) -> int:
        """One round; returns how many documents were handled."""
        lanes = sorted(service.leases.held)
        async with service.pool.acquire(timeout=10) as connection:
            papers, purges = await documents.to_do(connection, lanes, self.batch_max)
        failures: list[Exception] = []
        for group in _by_lane(papers):
            failures += await _work_off(service, group, self._file)
        for group in _by_account(purges):
            failures += await _work_off(service, group, self._purge)
        if failures:
            raise failures[0]
        return len(papers) + len(purges)

    async def _file(self, service: Service, papers: list[Paper]) -> None:
        keys = await service.keys({Subject(one.creditor, one.account) for one in papers})
        spans = await _spans(service, papers)
        hashes: dict[Paper, str] = {}
        for one in papers:
            opened = keys.open(Subject(one.creditor, one.account), one.content or b"", "content")
            if opened is not None and one.issued_on is not None:
                hashes[one] = await self._put(one, opened, one.issued_on)

        def record(work: Work) -> None:
            for one in papers:
                stream = matter_stream(one.creditor, one.account)
                filed = c.RecordFiling(one.document_id, hashes.get(one, ""))
                with work.under(spans.get(one)):
                    work.append(stream, decide(work.state(stream), filed))

        streams = sorted({matter_stream(one.creditor, one.account) for one in papers})
        await service.execute(key_of(papers[0].creditor, papers[0].account), streams, record)
        for span in spans.values():
            span.end()

    async def _put(self, one: Paper, opened: Mapping[str, str], day: date) -> str:
        """Write a document as text and as PDF; answers the hash of the PDF, empty without one."""
        place = (one.creditor, day, one.document, one.document_id)
        pdf = None
        if self.papers is not None:
            pdf = await aside(self.papers.beside, opened, one.document_id, day, one.account)
        try:
            self.folder.put(*place, opened["body"].encode(), "txt")
            if pdf is not None:
                self.folder.put(*place, pdf, "pdf")
        except OSError as error:
            raise Transient(f"the documents folder: {error.strerror}") from error
        return "" if pdf is None else sha256_of(pdf)

    async def _purge(self, service: Service, papers: list[Paper]) -> None:
        for one in papers:
            self.folder.forget(one.creditor, one.document, one.document_id)
        stream = matter_stream(papers[0].creditor, papers[0].account)

        def record(work: Work) -> None:
            work.append(stream, decide(work.state(stream), c.RecordPurge()))

        await service.execute(key_of(papers[0].creditor, papers[0].account), [stream], record)


async def _spans(service: Service, papers: list[Paper]) -> Mapping[Paper, Span]:
    """The spans of filing those documents that belong to a trace: none where traces are off."""
    traces = service.store.traces
    if traces is None:
        return {}
    streams = {matter_stream(one.creditor, one.account) for one in papers}
    async with acquire(service.pool) as connection:
        found = await of_types(connection, service.store.aggregates, streams, (DocumentIssued,))
    issued = {(stream, event.document_id): context for stream, event, context in found}
    return {
        one: traces.go_on("file document", "internal", context, {"arrears.document": one.document})
        for one in papers
        if (context := issued.get((matter_stream(one.creditor, one.account), one.document_id)))
    }


async def _work_off(
    service: Service, papers: list[Paper], step: Callable[[Service, list[Paper]], Awaitable[None]]
) -> list[Exception]:
    """Handle some papers; one that fails does not hold up the others."""
    try:
        await step(service, papers)
    except Exception as error:
        if len(papers) == 1:
            log.exception("paper_not_handled", creditor=papers[0].creditor, error=error)
            return [error]
        return [one for paper in papers for one in await _work_off(service, [paper], step)]
    return []


def _by_lane(papers: list[Paper]) -> list[list[Paper]]:
    groups: dict[int, list[Paper]] = defaultdict(list)
    for one in papers:
        groups[one.lane].append(one)
    return list(groups.values())


def _by_account(papers: list[Paper]) -> list[list[Paper]]:
    groups: dict[tuple[str, str], list[Paper]] = defaultdict(list)
    for one in papers:
        groups[one.creditor, one.account].append(one)
    return list(groups.values())
