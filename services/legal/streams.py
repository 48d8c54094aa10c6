"""The names of the legal service's streams."""

from chassis.store.vault import Subject


def matter_stream(creditor: str, account: str) -> str:
    """The stream of one account's matters."""
    return f"matter-{creditor}/{account}"


def terms_stream(creditor: str, lane: int) -> str:
    """The stream of a creditor's terms as one lane heard them."""
    return f"terms-{creditor}@{lane}"


def subject_of(stream: str) -> Subject:
    """Whose personal data a matter's stream holds."""
    creditor, _, account = stream.removeprefix("matter-").partition("/")
    return Subject(creditor, account)
