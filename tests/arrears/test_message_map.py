"""`docs/events.md`: who says what and who listens, as the tables of the services have it."""

from collections.abc import Iterable
from pathlib import Path

from arrears.message_map import ROOT, handlers, message_map
from contracts.registry import MODELS
from services.dunning.decisions import Decisions
from services.dunning.handlers import messages as dunning_messages
from services.dunning.library import Library
from services.ledger.handlers import MESSAGES as LEDGER
from services.legal.drafting import Drafting
from services.legal.handlers import messages as legal_messages
from services.legal.rendering.compose import Documents
from services.legal.settings import LegalSettings
from services.notifier.handlers import MESSAGES as NOTIFIER


def heard_by(service: str) -> list[str]:
    return sorted(name for name, of in handlers().items() if service in [one.service for one in of])


def test_the_document_is_up_to_date() -> None:
    written = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    assert written == message_map(), "write it again: arrears contracts events"


def test_every_message_of_the_contracts_is_in_it() -> None:
    text = message_map()
    assert [name for name in MODELS if f"| `{name}` |" not in text] == []


def test_every_service_hears_what_its_table_says() -> None:
    own = LegalSettings()
    tables: dict[str, Iterable[str]] = {
        "ledger": LEDGER,
        "dunning": dunning_messages(Decisions(Library())),
        "notifier": NOTIFIER,
        "legal": legal_messages(Drafting(Documents(own.templates), own)),
    }
    for service, table in tables.items():
        assert heard_by(service) == sorted(table), service


def test_every_handler_stands_where_it_says() -> None:
    for handler in (one for of in handlers().values() for one in of):
        text = (ROOT / Path(handler.file)).read_text(encoding="utf-8")
        assert handler.name in text, handler
