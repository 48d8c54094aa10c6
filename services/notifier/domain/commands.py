"""What others ask of the notifier, in the imperative; `now` and ids come with the command."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.words.vocabulary import DeliveryResult


@dataclass(frozen=True)
class RecordDelivery:
    """Tell the fate of a notice: of `notice_id`, else of the latest one sent by `channel`."""

    channel: str
    result: DeliveryResult
    at: datetime
    notice_id: str | None = None
    callback_id: str = ""
    by: str = ""


@dataclass(frozen=True)
class Rendered:
    """What an attempt hands to its gateway, sealed, with what may be known in public."""

    notice_id: str
    to_masked: str
    sha256: str
    content: bytes
    place: str = ""


Outcome = Literal["accepted", "refused", "unavailable", "unknown"]


@dataclass(frozen=True)
class AttemptResult:
    """What a gateway answered: taken, refused for good, not taken but may be later, or nobody
    knows.
    """

    outcome: Outcome
    reference: str = ""
    reason: str = ""


Finding = Literal["sent", "not_sent", "unclear", "cannot_tell"]
"""What a look-up by key found; `unclear`: ask again later, `cannot_tell`: the channel has no look-
up.
"""
