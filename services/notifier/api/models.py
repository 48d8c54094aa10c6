"""What the notifier's API takes and answers."""

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.base import Identifier
from contracts.words.vocabulary import Channel, DeliveryResult

CallResult = Literal["answered", "busy", "no_answer", "machine"]
"""What becomes of a call."""
State = Literal[
    "waiting",
    "ready",
    "sending",
    "unknown",
    "sent",
    "failed",
    "suppressed",
    "delivered",
    "signed",
    "refused",
    "returned",
]


class Tried(BaseModel):
    """A channel that failed for good before the notice went on by another; `attempts` is 0 where
    nothing was handed over.
    """

    channel: str
    reason: str
    at: datetime
    attempts: int
    day: date | None
    to: str | None
    content_hash: str | None


class NoticeRow(BaseModel):
    """A notice. `to` is masked unless the caller may read notices; `reason` says why it waits, was
    suppressed or failed; `tried` are the channels it was tried by before `channel`.
    """

    notice_id: str
    creditor: str
    account: str
    case_id: str | None
    purpose: str
    channel: str
    state: State
    reason: str
    requested_at: datetime
    attempts: int
    day: date | None
    sent_at: datetime | None
    to: str | None
    reference: str | None
    content_hash: str | None
    result: str | None
    result_at: datetime | None
    result_by: str | None
    receipt: str | None
    posted_on: date | None
    policy: str
    policy_version: int
    step: str | None
    respond_by: date | None
    tried: list[Tried]


class UnansweredCall(BaseModel):
    """A call that nobody took."""

    at: datetime
    result: str


class NoticeDetail(NoticeRow):
    """A notice with its text, and the creditor's own text it was written with (empty: none); all
    three are null for callers who may not read them, and after an erasure.
    """

    subject: str | None
    text: str | None
    template: str | None
    unanswered: list[UnansweredCall]


class Delivery(BaseModel):
    """The fate of the latest notice by a channel, or of the one named."""

    model_config = ConfigDict(extra="forbid")

    channel: Channel
    result: DeliveryResult
    notice_id: Identifier | None = None
    at: AwareDatetime | None = None


class Callback(BaseModel):
    """What a provider says became of a notice. Of a call `reference` says which it was: `answered`
    is as good as `delivered`, and where nobody took it the debtor is called again.
    """

    notice_id: Identifier | None = None
    reference: str | None = Field(default=None, min_length=1, max_length=160)
    result: DeliveryResult | CallResult
    at: AwareDatetime | None = None


class OptOuts(BaseModel):
    """The channels a debtor does not want to be written to by; `email:reminder`: or reminded by."""

    account: str
    channels: list[str]
