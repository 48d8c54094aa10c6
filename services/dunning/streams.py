"""How dunning's streams are called."""


def account_stream(creditor: str, account: str) -> str:
    """The stream of one account with its case."""
    return f"account-{creditor}/{account}"


def creditor_stream(creditor: str) -> str:
    """The stream of one creditor."""
    return f"creditor-{creditor}"
