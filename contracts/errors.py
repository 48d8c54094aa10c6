"""Why bytes are not a message."""


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
    """A well-formed CloudEvent of a type that no contract describes; it is skipped, not refused."""

    def __init__(self, type: str) -> None:  # noqa: A002 - the attribute's name in CloudEvents
        super().__init__(f"no contract describes the type {type!r}")
        self.type = type
