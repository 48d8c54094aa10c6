"""What attempts cost, and how a notice goes on by another gateway or channel."""

from datetime import date

from msgspec import Struct


class Charge(Struct, frozen=True):
    """What an attempt costs at a gateway, in minor units, counted in the gateway's local day."""

    gateway: str
    day: date
    amount: int


class NoticeMoved(Struct, frozen=True, tag="notice_moved"):
    """A gateway did not take the notice: the next one of its channel is tried at once."""

    notice_id: str
    gateway: str
    refund: Charge | None = None


class ChannelChosen(Struct, frozen=True, tag="channel_chosen"):
    """The channels of a notice were put in order: `channel`, then those left."""

    notice_id: str
    channel: str
    left: tuple[str, ...] = ()


class ResultNotAwaited(Struct, frozen=True, tag="result_not_awaited"):
    """What became of a sent notice was not told in time: it does not go on by another channel."""

    notice_id: str
