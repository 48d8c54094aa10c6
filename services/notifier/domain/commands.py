"""What others ask of the notifier, in the imperative; `now`, ids and sealed texts come with the
command.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from chassis.owed.ledger import FollowBalance, FollowClearance
from contracts.words.vocabulary import DeliveryResult
from services.notifier.domain import events as e
from services.notifier.domain.charges import Charge
from services.notifier.domain.terms import Terms


class KeepDebtor(Struct, frozen=True):
    """Keep who the debtor is, sealed; `moved`: where they can be reached changed."""

    sealed: bytes
    moved: bool


class EraseDebtor(Struct, frozen=True):
    """Forget the debtor."""


class KeepDetails(Struct, frozen=True):
    """Keep an invoice's number, and where and when what it is for took place, sealed."""

    item_id: str
    sealed: bytes


class CountContact(Struct, frozen=True):
    """Count a call or a visit, or what an agency sent, among the contacts of a case."""

    case_id: str
    day: date
    is_call: bool = True


class RequestNotice(Struct, frozen=True):
    """Take a notice on."""

    wanted: e.NoticeRequested


class PlanCall(Struct, frozen=True):
    """Call about a notice again, the `call`-th time, not before an instant: the person's other
    accounts have contacts too.
    """

    notice_id: str
    call: int
    not_before: datetime


class PauseCase(Struct, frozen=True):
    """Hold back what has not left yet of a case."""

    case_id: str


class ResumeCase(Struct, frozen=True):
    """Go on with what a pause held back."""


class EndCase(Struct, frozen=True):
    """Give up what a pause of the case still holds back."""

    case_id: str


class PlaceHold(Struct, frozen=True):
    """Hold back what belongs to no case."""


class ReleaseHold(Struct, frozen=True):
    """Go on with what the hold alone held back."""


class Wake(Struct, frozen=True):
    """Look at what waited long enough."""

    now: datetime


class ChooseChannel(Struct, frozen=True):
    """Put the channels of a notice in order by their costs, where that is asked for."""

    notice_id: str
    costs: dict[str, int]


class CheckNotice(Struct, frozen=True):
    """Tell why a ready notice may not go now; `zone` is the debtor's, empty: the creditor's."""

    notice_id: str
    terms: Terms
    now: datetime
    zone: str = ""


class HoldBack(Struct, frozen=True):
    """Let a notice wait for a gateway: one that is being left alone, or that cost enough today."""

    notice_id: str
    until: datetime
    reason: Literal["gateway", "spend"] = "gateway"


class KnowSent(Struct, frozen=True):
    """Learn of a notice that went out in a time the store no longer knows."""

    sent: e.SentEarlier


class TakeEarlier(Struct, frozen=True):
    """Take a ready notice as sent, if it is one that went out in that time."""

    notice_id: str
    now: datetime


class SplitNotice(Struct, frozen=True):
    """Ask for the same notice to further addresses, sealed."""

    notice_id: str
    others: tuple[bytes, ...]


class SuppressNotice(Struct, frozen=True):
    """Do not send a notice, on purpose."""

    notice_id: str
    reason: Literal["no_address"]


class GiveUpNotice(Struct, frozen=True):
    """Give a notice up that cannot be written at all."""

    notice_id: str
    reason: Literal["template"]


class AttemptNotice(Struct, frozen=True):
    """Record that the gateway is about to be called with a text, sealed, and what of it may be
    known in public.
    """

    notice_id: str
    to_masked: str
    sha256: str
    content: bytes
    place: str
    now: datetime
    day: date
    gateway: str = ""
    charge: Charge | None = None
    template: str = ""


Outcome = Literal["accepted", "refused", "unavailable", "unknown"]


@dataclass(frozen=True)
class AttemptResult:
    """What a gateway answered: taken, refused for good, not taken but may be later, or nobody
    knows.

    `parts` are the names by which a gateway reports on the parts of a message; `elsewhere`: another
    gateway of the channel may be tried at once; `is_unset`: refused by our own settings of this
    gateway, which says nothing of the others.
    """

    outcome: Outcome
    reference: str = ""
    reason: str = ""
    parts: tuple[str, ...] = ()
    elsewhere: bool = False
    is_unset: bool = False


class Conclude(Struct, frozen=True):
    """Record what a gateway answered."""

    notice_id: str
    result: AttemptResult
    now: datetime


Finding = Literal["sent", "not_sent", "unclear", "cannot_tell"]
"""What a look-up by key found; `unclear`: ask again later, `cannot_tell`: the channel has no look-
up.
"""


class FindOut(Struct, frozen=True):
    """Settle a notice in doubt by what a look-up found."""

    notice_id: str
    finding: Finding
    reference: str
    now: datetime


class RecordDelivery(Struct, frozen=True):
    """Tell the fate of a notice: of `notice_id`, else of the latest one sent by `channel`."""

    channel: str
    result: DeliveryResult
    at: datetime
    notice_id: str | None = None
    callback_id: str = ""
    by: str = ""


class NoteReceipt(Struct, frozen=True):
    """Keep the number of the receipt that the post gave for a letter."""

    notice_id: str
    number: str
    posted_on: date | None
    by: str


Unanswered = Literal["busy", "no_answer", "machine"]
"""What becomes of a call that did not reach the debtor, and may another time."""


class RecordCall(Struct, frozen=True):
    """Tell that nobody took a call of a notice: the `call`-th (0: the last), of `calls_max`."""

    notice_id: str
    how: Unanswered
    at: datetime
    now: datetime
    calls_max: int
    call: int = 0
    callback_id: str = ""


class OptOut(Struct, frozen=True):
    """Respect a debtor's objection to a channel."""

    channel: str
    by: str


class OptIn(Struct, frozen=True):
    """Take an objection back."""

    channel: str
    by: str


class RecordPurge(Struct, frozen=True):
    """Tell that the files of an erased debtor's notices are deleted."""


Command: TypeAlias = (
    KeepDebtor
    | EraseDebtor
    | KeepDetails
    | FollowBalance
    | FollowClearance
    | CountContact
    | RequestNotice
    | PauseCase
    | ResumeCase
    | EndCase
    | PlaceHold
    | ReleaseHold
    | Wake
    | ChooseChannel
    | CheckNotice
    | HoldBack
    | KnowSent
    | TakeEarlier
    | SplitNotice
    | SuppressNotice
    | GiveUpNotice
    | AttemptNotice
    | Conclude
    | FindOut
    | RecordDelivery
    | PlanCall
    | NoteReceipt
    | RecordCall
    | OptOut
    | OptIn
    | RecordPurge
)
