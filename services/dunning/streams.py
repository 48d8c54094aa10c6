"""How dunning's streams are called."""

from chassis.vault import Subject


def account_stream(creditor: str, account: str) -> str:
    """The stream of one account with its case."""
    return f"account-{creditor}/{account}"


def creditor_stream(creditor: str) -> str:
    """The stream of one creditor."""
    return f"creditor-{creditor}"


def subject_of(stream: str) -> Subject:
    """Creditor and account of an account's stream."""
    creditor, _, account = stream.partition("-")[2].partition("/")
    return Subject(creditor, account)
