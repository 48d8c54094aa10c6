"""What the record of a document's filing says."""

from collections.abc import Iterable

from chassis.store.stored import Stored
from services.legal.domain.events import DocumentFiled


def filed_pdf(history: Iterable[Stored], document_id: str) -> str:
    """The SHA-256 of a document's PDF as a matter's history has it; empty where none was filed."""
    found = ""
    for stored in history:
        event = stored.event
        if isinstance(event, DocumentFiled) and event.document_id == document_id:
            found = event.pdf_sha256
    return found
