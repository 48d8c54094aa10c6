"""Reports over all accounts of a creditor."""

from services.dunning.reports.reading import (
    REPORTS,
    Facts,
    accounts_of,
    creditor_facts,
    streams_of,
)

__all__ = ["REPORTS", "Facts", "accounts_of", "creditor_facts", "streams_of"]
