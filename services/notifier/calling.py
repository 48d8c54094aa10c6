"""Calling gateways: whatever they do, it comes back as an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from chassis.logging import get_logger
from chassis.runtime.service import Service
from chassis.tracing.spans import part, under
from contracts.words.formats import one_line
from services.notifier.adapters.gateway import Gateway, Lookup, Parcel
from services.notifier.domain.commands import AttemptResult
from services.notifier.measured import note_breaker, timing
from services.notifier.traced import Spans
from services.notifier.ways import FILES, Way, is_elsewhere

log = get_logger(__name__)

Key = tuple[str, str, str]

NOT_CALLED = AttemptResult("unavailable", reason="not_called")


@dataclass(frozen=True)
class Calls:
    """The gateways, `ways` by channel; the outbox, `files`, may have taken what another gateway
    sends today.
    """

    ways: Mapping[str, Sequence[Way]]
    files: Gateway

    async def send(self, service: Service, parcel: Parcel, spans: Spans) -> AttemptResult:
        """Hand a notice to the gateway that its attempt was made on."""
        with (
            under(spans.get(parcel_key(parcel))),
            part(f"send {parcel.channel}", "client", {}) as call,
        ):
            result = await self._answer(service, parcel)
            result = self._note(service, parcel, result)
            if result.outcome != "accepted":
                log.warning(
                    "notice_not_accepted",
                    account=parcel.account,
                    channel=parcel.channel,
                    gateway=parcel.gateway,
                    state=result.outcome,
                    reason_class=result.reason,
                )
                if call is not None:
                    call.fail(result.reason or result.outcome)
        return result

    def _note(self, service: Service, parcel: Parcel, result: AttemptResult) -> AttemptResult:
        """Learn from an answer: for the next calls, and where this notice may go on."""
        way, now = self._way(parcel), service.clock.now()
        if way is None:
            return result
        if not result.is_unset:
            way.breaker.note(result, now)
        note_breaker(service, parcel.channel, way.name, way.breaker.open_until)
        tried = (*parcel.tried, way.name)
        return replace(result, elsewhere=is_elsewhere(self.ways[parcel.channel], tried, now))

    def _way(self, parcel: Parcel) -> Way | None:
        """The gateway an attempt was made on; of before gateways had names: the first one."""
        ways = self.ways[parcel.channel]
        if not parcel.gateway:
            return ways[0]
        return next((one for one in ways if one.name == parcel.gateway), None)

    async def _answer(self, service: Service, parcel: Parcel) -> AttemptResult:
        way = self._way(parcel)
        if way is None:
            return NOT_CALLED
        try:
            with timing(service, parcel.channel, "send"):
                return _storable(await way.gateway.send(parcel))
        except Exception as error:
            # A fault of ours or of a library: whether the notice left is not known.
            log.exception(
                "gateway_raised", gateway=parcel.gateway, account=parcel.account, error=error
            )
            return AttemptResult("unknown", reason=type(error).__name__)

    async def ask(
        self, service: Service, parcel: Parcel, known: Mapping[Key, AttemptResult], spans: Spans
    ) -> Lookup:
        """What is known of an attempt in doubt: what this process remembers, else its gateway."""
        result = known.get(parcel_key(parcel))
        if result is not None:
            return Lookup("sent" if result.outcome == "accepted" else "not_sent", result.reference)
        gateway = self._called(parcel)
        if gateway is None:
            log.error(
                "gateway_not_set",
                account=parcel.account,
                reason=f"whether gateway '{parcel.gateway}' took a notice cannot be asked: it is "
                "not set any more",
                todo="ask its provider, and keep the settings of a gateway until nothing is in "
                "doubt there",
            )
            return Lookup("cannot_tell")
        try:
            with (
                under(spans.get(parcel_key(parcel))),
                part(f"find {parcel.channel}", "client", {}),
                timing(service, parcel.channel, "find"),
            ):
                lookup = await gateway.find(parcel)
            return Lookup(lookup.finding, one_line(lookup.reference))
        except Exception as error:
            log.exception(
                "gateway_raised", gateway=parcel.gateway, account=parcel.account, error=error
            )
            return Lookup("unclear")

    def _called(self, parcel: Parcel) -> Gateway | None:
        way = self._way(parcel)
        if way is None:
            return self.files if parcel.gateway == FILES else None
        return way.gateway


def parcel_key(parcel: Parcel) -> Key:
    """By what the answer to a parcel is found again."""
    return parcel.creditor, parcel.account, parcel.notice_id


def _storable(result: AttemptResult) -> AttemptResult:
    """The same with plain, printable texts; raises when it is no answer at all."""
    checked = msgspec.convert(vars(result), AttemptResult)
    return replace(checked, reference=one_line(checked.reference), reason=one_line(checked.reason))
