"""Why bytes are not a message."""

from collections.abc import Sequence

OTHER_MEANING = "is not part of this message and would change what it says"
"""Why a field that others have is refused rather than ignored."""


class MalformedMessage(Exception):
    """A message does not fit its contract.

    `where` is the dotted path of the field (`data.amount`, `time`; `message` for the whole),
    `reason` a sentence without the field's value, which may be personal data.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class UnknownType(Exception):
    """A well-formed CloudEvent of a type that no contract describes; `known` names those that come
    near.
    """

    def __init__(self, type: str, known: Sequence[str] = ()) -> None:  # noqa: A002 - the attribute's name in CloudEvents
        near = f"; known is {', '.join(known)}" if known else ""
        super().__init__(f"no contract describes the type {type!r}{near}")
        self.type = type
