"""By which channels a notice may go: the one it goes by now, those that are left, those that were
tried. However many are tried it stays one notice, under one id.

It goes on by the next when a channel fails for good: no usable address, opted out, refused, all
attempts used, reported as failed or returned. What nobody knows the fate of never goes on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from services.notifier.domain import events as e
from services.notifier.domain.charges import ChannelChosen, Charge
from services.notifier.domain.state import NOT_REACHED, Account, OpenNotice

_ROUTE = "route"
"""Where a notice keeps it among its variables, which are free in form."""
AWAITS_RESULT = "result"
"""Why a notice that was sent is kept: it goes on by its next channel if it did not arrive."""
_NOT_SENT = ("no_address", "opted_out")
"""Why a channel was not used at all; anything else says more about the notice."""


class Route(Struct, frozen=True, omit_defaults=True):
    """The channels left, in their order, and those tried, each with its reason; `cheapest`: the
    order is still to be chosen by cost.
    """

    left: tuple[str, ...] = ()
    cheapest: bool = False
    tried: tuple[tuple[str, str], ...] = ()


def route_of(notice: OpenNotice) -> Route:
    """By which channels a notice may still go."""
    return msgspec.convert(notice.variables.get(_ROUTE, {}), Route)


def routed(variables: Mapping[str, Any], route: Route) -> dict[str, Any]:
    """The variables of a notice with a route; one that says nothing leaves no trace."""
    others = {name: value for name, value in variables.items() if name != _ROUTE}
    told = msgspec.to_builtins(route)
    return others | {_ROUTE: told} if told else others


def first_route(event: e.NoticeRequested) -> Route:
    """The route of a notice that was asked for; several addresses are no choice of channels."""
    if event.recipients != "first":
        return Route()
    left = tuple(dict.fromkeys(one for one in event.fallback if one != event.channel))
    return Route(left, event.cheapest and bool(left))


def by_cost(notice: OpenNotice, costs: Mapping[str, int]) -> list[e.Event]:
    """Choose the cheapest order, once; channels without a cost come last, in the order given."""
    route = route_of(notice)
    if not route.cheapest:
        return []
    channels = (notice.channel, *route.left)
    dearest = max(costs.values(), default=0) + 1
    first, *left = sorted(channels, key=lambda one: costs.get(one, dearest))
    return [ChannelChosen(notice.notice_id, first, tuple(left))]


def failed(notice: OpenNotice, reason: str, *, refused: bool = False) -> list[e.Event]:
    """A channel failed: the notice goes on by the next, else it has failed."""
    onward = goes_on(notice, reason, refused=refused, refund=notice.charge)
    return onward or [
        e.NoticeFailed(notice.notice_id, reason, notice.about, refused, notice.charge)
    ]


def suppressed(notice: OpenNotice, reason: str) -> list[e.Event]:
    """A channel cannot be used: the notice goes on by the next. After the last one it has no
    address only if none of them had one; one that was sent and failed before has failed.
    """
    onward = goes_on(notice, reason)
    if onward:
        return onward
    reasons = [why for _, why in route_of(notice).tried]
    told = [why for why in reasons if why not in _NOT_SENT]
    if told:
        return [e.NoticeFailed(notice.notice_id, told[-1], notice.about)]
    last = "opted_out" if "opted_out" in reasons else reason
    return [e.NoticeSuppressed(notice.notice_id, last, notice.about)]


def goes_on(
    notice: OpenNotice, reason: str, *, refused: bool = False, refund: Charge | None = None
) -> list[e.Event]:
    """The same notice by its next channel; nothing when none is left."""
    left: Sequence[str] = route_of(notice).left
    if not left:
        return []
    return [
        e.NoticeRerouted(
            notice_id=notice.notice_id,
            channel=left[0],
            reason=reason,
            about=notice.about,
            refused=refused,
            attempts=notice.attempts,
            day=notice.day,
            to_masked=notice.to_masked,
            sha256=notice.sha256,
            refund=refund,
        )
    ]


def after_delivery(state: Account, told: Sequence[e.Event]) -> Sequence[e.Event]:
    """What is told of a sent notice, and the same notice by its next channel when it did not arrive
    by the one it waits for.
    """
    found: list[e.Event] = []
    for one in told:
        onward = _after(state, one) if isinstance(one, e.DeliveryRecorded) else []
        found += [replace(one, goes_on=True), *onward] if onward else [one]
    return found


def _after(state: Account, told: e.DeliveryRecorded) -> list[e.Event]:
    notice = state.open.get(told.notice_id)
    if notice is None or told.late or told.result not in NOT_REACHED:
        return []
    return goes_on(notice, told.result) if notice.reason == AWAITS_RESULT else []


def rerouted(notice: OpenNotice, event: e.NoticeRerouted) -> OpenNotice:
    """The notice as it is taken up by its next channel: nothing was attempted there."""
    route = route_of(notice)
    left = tuple(one for one in route.left if one != event.channel)
    tried = (*route.tried, (event.about.channel, event.reason))
    return _taken_up(notice, event.channel, Route(left, tried=tried))


def chosen(notice: OpenNotice, event: ChannelChosen) -> OpenNotice:
    """The notice with its channels in the order chosen."""
    return _taken_up(notice, event.channel, Route(event.left))


def _taken_up(notice: OpenNotice, channel: str, route: Route) -> OpenNotice:
    return replace(
        notice,
        channel=channel,
        variables=routed(notice.variables, route),
        stage="ready",
        until=None,
        reason="",
        attempts=0,
        day=None,
        content=b"",
        to_masked="",
        sha256="",
        place="",
        gateway="",
        tried=(),
        moves=0,
        charge=None,
        text="",
    )
