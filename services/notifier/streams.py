"""The names of the notifier's streams."""

from chassis.store.work import Work
from services.notifier.domain.terms import Terms


def account_stream(creditor: str, account: str) -> str:
    """The stream of one account."""
    return f"account-{creditor}/{account}"


def terms_stream(creditor: str, lane: int) -> str:
    """The stream of a creditor's terms as one lane heard them."""
    return f"terms-{creditor}@{lane}"


def terms_of(work: Work, creditor: str) -> Terms:
    """The creditor's terms as this lane knows them."""
    terms: Terms = work.state(terms_stream(creditor, work.lane))
    return terms
