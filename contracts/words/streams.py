"""The names of streams and the keys of messages: built and read here alone, for all services.

    {kind}-{creditor}/{account}   what belongs to one account
    {kind}-{creditor}@{lane}      a creditor's, a stream of its own in each lane
    {kind}-{creditor}             a creditor's

A kind has no hyphen; a creditor and an account are identifiers, which have no `/` and no `@`.
"""

from typing import NamedTuple


class Subject(NamedTuple):
    """One debtor's account with one creditor: the person that personal data is about."""

    creditor: str
    account: str


def key_of(creditor: str, account: str) -> str:
    """The key that an account's messages and commands have; its hash is their lane."""
    return f"{creditor}/{account}"


def subject_of_key(key: bytes) -> Subject:
    """What a key says; a part that it does not have is empty."""
    creditor, _, account = key.decode("utf-8", "replace").partition("/")
    return Subject(creditor, account)


def account_stream(creditor: str, account: str) -> str:
    """The stream of a debtor's account."""
    return f"account-{creditor}/{account}"


def numbers_stream(creditor: str, account: str) -> str:
    """The stream of the numbers that people call an account and its documents."""
    return f"numbers-{creditor}/{account}"


def erasure_stream(creditor: str, account: str) -> str:
    """The stream of what is asked and said of erasing an account's debtor."""
    return f"erasure-{creditor}/{account}"


def matter_stream(creditor: str, account: str) -> str:
    """The stream of an account's legal matters."""
    return f"matter-{creditor}/{account}"


def creditor_stream(creditor: str) -> str:
    """The stream of a creditor."""
    return f"creditor-{creditor}"


def terms_stream(creditor: str, lane: int) -> str:
    """The stream of a creditor's terms in a lane: each lane keeps its own copy."""
    return f"terms-{creditor}@{lane}"


def texts_stream(creditor: str) -> str:
    """The stream of a creditor's own texts of notices, which every lane reads."""
    return f"texts-{creditor}"


def cash_desk_stream(creditor: str, lane: int) -> str:
    """The stream of the cash of a creditor that a lane sees; it is stored as `till`."""
    return f"till-{creditor}@{lane}"


def receipts_stream(creditor: str) -> str:
    """The stream of the numbers of a creditor's receipts, which every lane writes."""
    return f"receipts-{creditor}"


def sources_stream(creditor: str) -> str:
    """The stream of who may publish `billing` for a creditor, which the ledger keeps."""
    return f"sources-{creditor}"


def told_sources_stream(creditor: str, lane: int) -> str:
    """The stream of what a lane of another service was told of that."""
    return f"sources-{creditor}@{lane}"


def accounts_of(creditor: str) -> str:
    """What the streams of all accounts of a creditor begin with."""
    return account_stream(creditor, "")


def cash_desks_of(creditor: str) -> str:
    """What the streams of a creditor's cash desks in all lanes begin with."""
    return f"till-{creditor}@"


def kind_of(stream: str) -> str:
    """The kind of a stream: the name of its aggregate."""
    return stream.partition("-")[0]


def is_account(stream: str) -> bool:
    """Whether a stream is an account's."""
    return kind_of(stream) == "account"


def creditor_of(stream: str) -> str:
    """The creditor of a stream of any kind."""
    return stream.partition("-")[2].partition("/")[0].partition("@")[0]


def subject_of(stream: str) -> Subject:
    """The debtor's account a stream belongs to; its account is empty where it belongs to none."""
    return Subject(creditor_of(stream), stream.partition("/")[2])
