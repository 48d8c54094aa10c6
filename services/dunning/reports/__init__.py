"""Reports over all accounts of a creditor, drawn up from their events."""

from services.dunning.reports.book import Book
from services.dunning.reports.opened import Opened
from services.dunning.reports.reading import (
    Facts,
    accounts_of,
    books_of,
    creditor_facts,
    creditor_state,
)
from services.dunning.reports.table import REPORTS, Report

__all__ = [
    "REPORTS",
    "Book",
    "Facts",
    "Opened",
    "Report",
    "accounts_of",
    "books_of",
    "creditor_facts",
    "creditor_state",
]
